using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Ablation;

/// <summary>
/// Trains all runs of a sweep, one after the other. Finished runs are not repeated and an interrupted one is continued, so a sweep may
/// be started again at any time. The report is updated after every run.
/// </summary>
public static class SweepRunner
{
    /// <summary>Trains all runs that are not finished.</summary>
    /// <param name="file">The sweep, a YAML file.</param>
    /// <param name="overrides">Settings of all runs, as <c>key=value</c>.</param>
    /// <param name="directory">Where runs and report are written.</param>
    /// <param name="output">Where the tables for people go.</param>
    /// <param name="cancellationToken">Ends the sweep with a checkpoint of the last complete step.</param>
    /// <returns>The number of failed runs and of all runs.</returns>
    /// <exception cref="ConfigurationException">A setting is wrong, or the folder holds runs with other settings.</exception>
    /// <exception cref="OperationCanceledException">The sweep was cancelled; it goes on when it is started again.</exception>
    public static (int Failed, int Runs) Execute(string file, IReadOnlyCollection<string> overrides, string directory, TextWriter output, CancellationToken cancellationToken = default)
    {
        var sweep = SweepPlan.Read(file);
        var variants = SweepPlan.Variants(sweep, overrides);
        if (variants.SelectMany(v => v.Recipes.Values).Any(recipe => recipe.Validation is null || recipe.Data.Validation.IsEmpty))
            throw new ConfigurationException(file, "has runs that are never validated, so there is nothing to compare", "Give the recipe validation: and data.validation:");
        var folder = new SweepFolder(directory);
        // A mistake in the last variant should show now, and not after days.
        foreach (var variant in variants)
            Check(variant);

        var (done, failed) = (0, 0);
        var total = variants.Count * sweep.Seeds.Count;
        // Seed by seed: a sweep that is stopped early has compared all variants at least once.
        foreach (var seed in sweep.Seeds)
            foreach (var variant in variants)
            {
                done++;
                var result = folder.Result(variant, seed);
                if (result is null)
                {
                    output.WriteLine($"run {done} of {total}: {variant.Name}, seed {seed}");
                    result = Train(variant, seed, folder, output, cancellationToken);
                    folder.Save(variant, seed, result);
                    SweepReport.Write(sweep, variants, folder);
                }
                if (result.Error is { } error)
                {
                    failed++;
                    output.WriteLine($"run {done} of {total} failed: {error}");
                }
            }
        SweepReport.Write(sweep, variants, folder);
        return (failed, total);
    }

    private static void Check(SweepVariant variant)
    {
        try
        {
            TrainingRun.Check(variant.Recipes.Values.First());
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{variant.Name}: {e.Message}", e);
        }
    }

    private static SweepResult Train(SweepVariant variant, long seed, SweepFolder folder, TextWriter output, CancellationToken cancellationToken)
    {
        var recipe = variant.Recipes[seed];
        var run = folder.Run(variant, seed);
        try
        {
            var state = TrainingRun.Execute(recipe, run, resume: true, output, cancellationToken: cancellationToken);
            return new SweepResult(state.LastScores, CountParameters(recipe), state.Elapsed.TotalHours, null);
        }
        catch (TrainingException e)
        {
            // A variant that can't be trained is a result too.
            return new SweepResult([], CountParameters(recipe), 0, e.Message);
        }
    }

    private static long CountParameters(Recipe recipe)
    {
        using var scope = NewDisposeScope();
        using var model = ModelFactory.Create(recipe.Model.Architecture is null ? recipe.Model : recipe.Model with { Checkpoint = null }, recipe.Seed);
        return model.parameters().Where(p => p.requires_grad).Sum(p => p.numel());
    }
}
