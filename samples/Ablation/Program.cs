// Trains a grid of variants with several seeds, and reports them with their spread (ablation.yaml says what is varied, recipe.yaml of what).
//
//   dotnet run -c Release --project samples/Ablation -- [OUT] [KEY=VALUE ...]
//
// KEY=VALUE changes a setting of all runs, such as steps=200. Started again, an ablation goes on where it was stopped.
using Sam2.Torch.Training.Ablation;

var output = args.ElementAtOrDefault(0) ?? "out/Ablation";
var sweep = Path.Combine(AppContext.BaseDirectory, "ablation.yaml");
var (failed, runs) = SweepRunner.Execute(sweep, overrides: args[Math.Min(1, args.Length)..], output, TextWriter.Null);

// The report is Markdown, and HTML with charts. Here is its first table, the scores.
foreach (var line in File.ReadLines(Path.Combine(output, "report.md")).SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')))
    Console.WriteLine(line);
Console.WriteLine($"{runs} runs, {failed} failed; {Path.Combine(output, "report.html")}");
