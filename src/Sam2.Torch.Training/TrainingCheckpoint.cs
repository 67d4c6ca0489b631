using System.Globalization;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// The whole state of a training run in one file: an ordinary checkpoint (<c>model</c>, <c>config</c>) that has everything else
/// under <c>training</c>. Random generators have no state to save: all random numbers are a function of seed and step
/// (<see cref="TrainingRandom.For"/>). Numbers with a fraction are text, as in <see cref="ConfigValues"/>.
/// </summary>
internal sealed class TrainingCheckpoint(
    Sam2Model model, Recipe recipe, ModelOptimizer optimizer, ExponentialMovingAverage? average, DivergenceGuard guard, RunState state)
{
    private const string Key = "training";
    private const long Version = 1;

    /// <summary>Writes the state, completely or not at all.</summary>
    /// <exception cref="CheckpointException">The file can't be written.</exception>
    public void Save(string path, long position)
    {
        using var scope = NewDisposeScope();
        CheckpointWriter.Save(path, optimizer.Weights.StateDict(), AdapterValues.EntriesFor(model.Parts.Adapters, ConfigValues.EntriesFor(model.Config, Of((Key, Training(position))))));
    }

    /// <summary>Continues from a state that was saved with the same recipe.</summary>
    /// <returns>The position in the data.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or of another recipe; the message says which settings differ.</exception>
    public long Restore(string path)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var checkpoint = Checkpoint.Open(path);
        if (!checkpoint.Entries.TryGetValue(Key, out var entry) || entry is not PlainDictionary training)
            throw new CheckpointException(path, "holds weights but no state of a training run", "To start from its weights, name it in model.checkpoint of a recipe");
        if (Get<long>(path, training, "version") != Version)
            throw new CheckpointException(path, "was written by another version of the program", "Resume with that version");
        RequireSameRecipe(path, Get<string>(path, training, "recipe"), Get<long>(path, training, "step"));

        RequireSameParts(checkpoint);
        foreach (var (name, target) in optimizer.Weights.StateDict())
            checkpoint.StateDict[name].CopyTo(target);
        optimizer.Weights.WriteToModel();
        RestoreAdam(path, Get<PlainDictionary>(path, training, "optimizer"));
        if (average is not null)
            RestoreTensors(path, Get<PlainDictionary>(path, training, "ema"), average.Averages);
        optimizer.Scaler.Restore(Number(path, training, "loss_scale"), (int)Whole(path, training, "loss_scale_steps", int.MaxValue));
        guard.Restore(Number(path, training, "mean_loss"), Whole(path, training, "mean_loss_count"));

        state.Step = Whole(path, training, "step");
        state.BestScore = training.GetValueOrDefault("best_score") is null ? null : Number(path, training, "best_score");
        state.BestStep = Whole(path, training, "best_step");
        state.ValidatedStep = Whole(path, training, "validated_step");
        var scores = Get<PlainDictionary>(path, training, "scores");
        state.LastScores = [.. scores.Keys.OfType<string>().Select(name => new KeyValuePair<string, double>(name, Number(path, scores, name)))];
        var seconds = Number(path, training, "elapsed_seconds");
        state.Elapsed = seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new CheckpointException(path, $"says that its training run took {Text(seconds)} seconds", CheckpointRemedy.Redownload);
        return Whole(path, training, "position");
    }

    /// <summary>Goes to the place in the data that a state names.</summary>
    /// <exception cref="CheckpointException">The data has no such place.</exception>
    public static void Seek(string path, IBatchSource batches, long position)
    {
        try
        {
            batches.Seek(position);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new CheckpointException(path, $"says that its run has seen {position} batches, more than the recipe has", CheckpointRemedy.Redownload, e);
        }
    }

    private PlainDictionary Training(long position) => Of(
        ("version", Version),
        ("recipe", RecipeYaml.Format(recipe)),
        ("step", state.Step),
        ("position", position),
        ("best_score", state.BestScore is { } best ? Text(best) : null),
        ("best_step", state.BestStep),
        ("validated_step", state.ValidatedStep),
        ("scores", new PlainDictionary(state.LastScores.Select(score => new KeyValuePair<string, object?>(score.Key, Text(score.Value))))),
        ("elapsed_seconds", Text(state.Elapsed.TotalSeconds)),
        ("loss_scale", Text(optimizer.Scaler.Scale)),
        ("loss_scale_steps", (long)optimizer.Scaler.GoodSteps),
        ("mean_loss", Text(guard.Mean)),
        ("mean_loss_count", guard.Count),
        ("optimizer", new PlainDictionary(optimizer.States.Select(s => new KeyValuePair<string, object?>(s.Key, Of(
            ("step", s.Value.step), ("exp_avg", s.Value.exp_avg), ("exp_avg_sq", s.Value.exp_avg_sq)))))),
        ("ema", average is null ? null : new PlainDictionary(average.Averages.Select(a => new KeyValuePair<string, object?>(a.Key, a.Value)))));

    private void RequireSameRecipe(string path, string text, long step)
    {
        List<(string Path, string Written, string Now)> differences;
        try
        {
            differences = [.. RecipeYaml.Differences(path, text, recipe).Where(d => !MayChange(d.Path) && !Prolongs(d, step))];
        }
        catch (ConfigurationException e)
        {
            throw new CheckpointException(path, $"its recipe {e.Cause}", CheckpointRemedy.Resave, e);
        }
        if (differences.Count > 0)
            throw new CheckpointException(path,
                $"belongs to a run with another recipe: {string.Join("; ", differences.Take(5).Select(d => $"{d.Path} was {d.Written}, now {d.Now}"))}{(differences.Count > 5 ? "; …" : "")}",
                "Resume with the same settings (steps may be raised once all have been taken), or start a new run from its weights, with model.checkpoint and another folder");
    }

    // The recipe is the same, and with it the architecture: only modules in place of the standard ones can have other weights.
    private void RequireSameParts(Checkpoint checkpoint)
    {
        try
        {
            CheckpointLoader.RequireMatch(checkpoint, optimizer.Weights.StateDict().ToDictionary(t => t.Key, t => (IReadOnlyList<long>)t.Value.shape));
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException(checkpoint.Path, e.Cause, $"Resume with the modules ({nameof(TrainerParts)}.{nameof(TrainerParts.ModelParts)}) that the run began with", e);
        }
    }

    /// <summary>
    /// Whether a setting may differ from the run's: it does not change the weights, except for rounding where threads share a sum.
    /// </summary>
    private static bool MayChange(string path) => path.StartsWith("log.", StringComparison.Ordinal) || path.StartsWith("checkpoint.", StringComparison.Ordinal)
        || path.StartsWith("divergence.", StringComparison.Ordinal) || path.StartsWith("feature_cache.", StringComparison.Ordinal) || path is "threads" or "data.ahead";

    /// <summary>
    /// Whether the number of steps was raised after all had been taken. Before that, the schedules have a course that they would leave;
    /// a finished run is taken up where they are on the longer course.
    /// </summary>
    private bool Prolongs((string Path, string Written, string Now) difference, long step) =>
        difference.Path == "steps" && difference.Written == step.ToString(CultureInfo.InvariantCulture) && recipe.Steps > step;

    private void RestoreAdam(string path, PlainDictionary states)
    {
        foreach (var (name, own) in optimizer.States)
        {
            var saved = Get<PlainDictionary>(path, states, name);
            own.step = Whole(path, saved, "step");
            CopyTo(path, saved, "exp_avg", own.exp_avg);
            CopyTo(path, saved, "exp_avg_sq", own.exp_avg_sq);
        }
    }

    private static void RestoreTensors(string path, PlainDictionary saved, IReadOnlyDictionary<string, Tensor> targets)
    {
        foreach (var (name, target) in targets)
            CopyTo(path, saved, name, target);
    }

    private static void CopyTo(string path, PlainDictionary saved, string name, Tensor target)
    {
        var entry = Get<TensorEntry>(path, saved, name);
        if (!entry.Shape.SequenceEqual(target.shape))
            throw new CheckpointException(path, $"its '{name}' has shape [{string.Join(", ", entry.Shape)}] where [{string.Join(", ", target.shape)}] is expected", CheckpointRemedy.Resave);
        entry.CopyTo(target);
    }

    private static PlainDictionary Of(params ReadOnlySpan<(string Key, object? Value)> entries)
    {
        var result = new PlainDictionary();
        foreach (var (key, value) in entries)
            result.Set(key, value);
        return result;
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string path, PlainDictionary saved, string name) =>
        double.TryParse(Get<string>(path, saved, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CheckpointException(path, $"its '{name}' is not a number", CheckpointRemedy.Resave);

    private static long Whole(string path, PlainDictionary saved, string name, long largest = long.MaxValue) =>
        Get<long>(path, saved, name) is var number && number >= 0 && number <= largest
            ? number
            : throw new CheckpointException(path, $"its '{name}' is {number}, not from 0 to {largest}", CheckpointRemedy.Redownload);

    private static T Get<T>(string path, PlainDictionary saved, string name) =>
        saved.TryGetValue(name, out var value) && value is T typed ? typed
            : throw new CheckpointException(path, $"lacks '{name}' in the state of its training run", "Resume from another checkpoint of the run");
}

/// <summary>The progress of a training run.</summary>
public sealed class RunState
{
    /// <summary>Steps of the optimizer taken.</summary>
    public long Step { get; set; }

    /// <summary>The best first score of a validation so far; null before the first validation.</summary>
    public double? BestScore { get; set; }

    /// <summary>The step of the best score.</summary>
    public long BestStep { get; set; }

    /// <summary>The step after which the model was last validated; 0 before the first validation.</summary>
    public long ValidatedStep { get; set; }

    /// <summary>The scores of the last validation; empty before the first one.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> LastScores { get; set; } = [];

    /// <summary>Time spent in training, over all processes of the run.</summary>
    public TimeSpan Elapsed { get; set; }
}
