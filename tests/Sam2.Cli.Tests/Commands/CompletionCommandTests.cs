using NUnit.Framework;
using Sam2.Cli.Tests.Tools;

namespace Sam2.Cli.Tests.Commands;

public class CompletionCommandTests
{
    [Test]
    public void There_is_a_script_for_each_shell([Values("bash", "zsh", "pwsh")] string shell)
    {
        var run = CommandLine.Run("completion", shell);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("[suggest:").And.Contain($"sam2 completion {shell}").And.EndsWith("\n").And.Not.Contain("\r"));
    }

    [Test]
    public void Another_shell_is_a_usage_error_that_lists_the_known_ones()
    {
        var run = CommandLine.Run("completion", "tcsh");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("'tcsh'").And.Contain("bash").And.Contain("zsh").And.Contain("pwsh"));
    }

    [TestCase("se", "segment")]
    [TestCase("segment --prec", "--precision")]
    [TestCase("segment --precision b", "bf16")]
    [TestCase("info --conf", "--config")]
    [TestCase("segment --model sam2.1_hiera_mic", "sam2.1_hiera_micro")]
    public void Suggestions_need_no_complete_command_line(string line, string suggestion)
    {
        var run = CommandLine.Run($"[suggest:{line.Length}]", line);
        Assert.That((run.ExitCode, run.Error), Is.EqualTo((ExitCode.Success, "")));
        Assert.That(run.Output.Split('\n').Select(word => word.Trim()), Does.Contain(suggestion));
    }

    [Test]
    [Platform("Linux")]
    public void Bash_completes_commands_and_options()
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "sam2.dll");
        var run = Script.Run("bash", ["-c", $$"""
            sam2() { dotnet exec '{{dll}}' "$@"; }
            {{CommandLine.Run("completion", "bash").Output}}
            COMP_LINE='sam2 seg' COMP_POINT=8 COMP_WORDS=(sam2 seg) COMP_CWORD=1
            _sam2 && echo "${COMPREPLY[@]}"
            COMP_LINE='sam2 segment --prec' COMP_POINT=19 COMP_WORDS=(sam2 segment --prec) COMP_CWORD=2
            _sam2 && echo "${COMPREPLY[@]}"
            """]);
        Assert.That(run.Output.TrimEnd('\n').Split('\n'), Is.EqualTo((string[])["segment", "--precision"]), run.Error);
    }
}
