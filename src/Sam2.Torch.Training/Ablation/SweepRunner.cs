using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Ablation;

/// <summary>One run of a sweep, for those who give it parts of their own.</summary>
/// <param name="Variant">The name of its variant, such as <c>memories 4, loss mine</c>.</param>
/// <param name="Choices">The name of the choice on each axis, by the name of the axis; empty for the recipe as it is.</param>
/// <param name="Recipe">Its settings, the seed among them.</param>
public sealed record SweepRun(string Variant, IReadOnlyDictionary<string, string> Choices, Recipe Recipe);

/// <summary>
/// Trains all runs of a sweep, one after the other. Finished runs are not repeated and an interrupted one is continued, so a sweep may
/// be started again at any time. The report is updated after every run.
/// </summary>
public static class SweepRunner
{
    /// <summary>Trains all runs that are not finished.</summary>
    /// <param name="sweep">What is trained; <see cref="SweepYaml.Read"/> reads it from a file.</param>
    /// <param name="directory">Where runs and report are written.</param>
    /// <param name="output">Where the tables for people go.</param>
    /// <param name="parts">
    /// Gives a run your own loss, prompts, modules and so on, or null to train it as its recipe says; null if that holds for all. It is called
    /// for every run that is trained, and once for every variant when the sweep is checked. The folder records settings but not parts,
    /// so a sweep whose parts have changed needs another folder.
    /// </param>
    /// <param name="cancellationToken">Ends the sweep with a checkpoint of the last complete step.</param>
    /// <returns>The number of failed runs and of all runs.</returns>
    /// <exception cref="ConfigurationException">A setting is wrong, or the folder holds runs with other settings.</exception>
    /// <exception cref="ArgumentException">Settings contradict each other or don't fit the model; the message names the variant.</exception>
    /// <exception cref="OperationCanceledException">The sweep was cancelled; it goes on when it is started again.</exception>
    /// <example>
    /// A loss of your own against the usual one:
    /// <code>
    /// var sweep = new Sweep { Recipe = recipe, Axes = [new() { Name = "loss", Choices = [new() { Name = "usual" }, new() { Name = "mine" }] }] };
    /// SweepRunner.Execute(sweep, "runs/loss", Console.Out, run => run.Choices["loss"] == "mine" ? new() { Loss = new MyLoss() } : null);
    /// </code>
    /// </example>
    public static (int Failed, int Runs) Execute(
        Sweep sweep, string directory, TextWriter output, Func<SweepRun, TrainerParts?>? parts = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sweep);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(output);
        var variants = SweepPlan.Variants(sweep);
        if (variants.SelectMany(v => v.Recipes.Values).Any(recipe => recipe.Validation is null || recipe.Data.Validation.IsEmpty))
            throw new ConfigurationException(sweep.Title, "has runs that are never validated, so there is nothing to compare", "Give the recipe validation: and data.validation:");
        var folder = new SweepFolder(directory);
        // A mistake in the last variant should show now, and not after days.
        foreach (var variant in variants)
            Check(variant, PartsOf(variant, sweep.Seeds[0], parts));

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
                    result = Train(variant, seed, folder, output, PartsOf(variant, seed, parts), cancellationToken);
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

    private static TrainerParts? PartsOf(SweepVariant variant, long seed, Func<SweepRun, TrainerParts?>? parts) =>
        parts?.Invoke(new SweepRun(variant.Name, variant.Choices.ToDictionary(choice => choice.Key, choice => choice.Value.Name), variant.Recipes[seed]));

    private static void Check(SweepVariant variant, TrainerParts? parts)
    {
        try
        {
            TrainingRun.Check(variant.Recipes.Values.First(), parts);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{variant.Name}: {e.Message}", e);
        }
    }

    private static SweepResult Train(
        SweepVariant variant, long seed, SweepFolder folder, TextWriter output, TrainerParts? parts, CancellationToken cancellationToken)
    {
        var recipe = variant.Recipes[seed];
        var run = folder.Run(variant, seed);
        try
        {
            var state = TrainingRun.Execute(recipe, run, resume: true, output, parts, cancellationToken);
            return new SweepResult(state.LastScores, CountParameters(recipe, parts), state.Elapsed.TotalHours, null);
        }
        catch (TrainingException e)
        {
            // A variant that can't be trained is a result too.
            return new SweepResult([], CountParameters(recipe, parts), 0, e.Message);
        }
    }

    private static long CountParameters(Recipe recipe, TrainerParts? parts)
    {
        using var scope = NewDisposeScope();
        var settings = recipe.Model.Architecture is null ? recipe.Model : recipe.Model with { Checkpoint = null };
        using var model = ModelFactory.Create(settings, recipe.Seed, parts: parts?.ModelParts);
        return model.parameters().Where(p => p.requires_grad).Sum(p => p.numel());
    }
}
