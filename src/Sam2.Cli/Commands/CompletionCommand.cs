using System.CommandLine;

namespace Sam2.Cli.Commands;

/// <summary>
/// <c>sam2 completion</c>: a script with which a shell completes commands, options and their values. The script asks the program itself,
/// by System.CommandLine's <c>[suggest:POSITION]</c> directive, so it never needs an update.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # Completes sam2 in bash. In ~/.bashrc: source <(sam2 completion bash)
        _sam2() {
            local word="${COMP_WORDS[COMP_CWORD]}" line
            COMPREPLY=()
            while IFS= read -r line; do
                [[ "$line" != "$word"* ]] || COMPREPLY+=("$line")
            done < <(
                sam2 "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null
                [[ "$word" == -* ]] || compgen -f -- "$word"
            )
        }
        complete -o filenames -F _sam2 sam2
        """;

    private const string Zsh = """
        #compdef sam2
        # Completes sam2 in zsh. In ~/.zshrc, after compinit: source <(sam2 completion zsh)
        _sam2() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a found
            found=("${(@f)$(sam2 "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- "${(@)found:#}"
            [[ "${words[CURRENT]}" == -* ]] || _files
        }
        compdef _sam2 sam2
        """;

    private const string PowerShell = """
        # Completes sam2 in PowerShell. In $PROFILE: sam2 completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName sam2 -ScriptBlock {
            param($word, $command, $cursor)
            $at = $cursor - $command.Extent.StartOffset
            $line = "$command".PadRight($at)
            sam2 "[suggest:$at]" "$line" 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    private static readonly Dictionary<string, string> Scripts = new() { ["bash"] = Bash, ["zsh"] = Zsh, ["pwsh"] = PowerShell };

    public static Command Create(CommandContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or pwsh (PowerShell). The script's first lines say where to put it." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints a script with which a shell completes sam2's commands and options.") { shell };
        command.SetAction(parsed =>
        {
            // The same bytes everywhere: bash takes no carriage returns.
            context.Output.Write(Scripts[parsed.GetRequiredValue(shell)].ReplaceLineEndings("\n") + "\n");
            return ExitCode.Success;
        });
        return command;
    }
}
