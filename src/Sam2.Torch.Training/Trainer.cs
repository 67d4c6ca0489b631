using System.Diagnostics;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Logging;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Recipes;
using Sam2.Torch.Training.Validation;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// The training loop: batches in, weights out. A step depends on nothing but the recipe and the step's number, so a run that is
/// resumed from a checkpoint takes exactly the steps of an uninterrupted one.
/// </summary>
public sealed class Trainer : IDisposable
{
    // Keeps the random numbers of batches apart from those of other uses of the seed.
    private const ulong StepStream = 1;

    private readonly Recipe _recipe;
    private readonly TrainerParts _parts;
    private readonly Sam2Model _model;
    // One for each batch that is computed at the same time: the model itself, and replicas of it.
    private readonly List<(Sam2Model Model, IForwardPass Forward)> _workers;
    private readonly ITrainingLoss _loss;
    private readonly ModelOptimizer _optimizer;
    private readonly ExponentialMovingAverage? _average;
    private readonly IBatchSource _batches;
    private readonly IValidator? _validator;
    private readonly DivergenceGuard _guard;
    private readonly TrainingFolder _folder;
    private readonly RunState _state = new();
    private readonly TrainingCheckpoint _checkpoint;
    private readonly ComputeThreads? _threads;
    // The losses of each batch of the current step.
    private readonly List<IReadOnlyDictionary<string, double>> _stepLosses = [];
    // The position in the data after the last complete step; within a step the source is ahead of it.
    private long _position;

    /// <summary>Prepares a run.</summary>
    /// <param name="recipe">All settings.</param>
    /// <param name="model">The model in float32, on its device; stays the caller's. It is converted to the recipe's precision.</param>
    /// <param name="batches">The data; stays the caller's.</param>
    /// <param name="folder">Where checkpoints go.</param>
    /// <param name="validator">Measures the model at the intervals of the recipe; null for never.</param>
    /// <param name="parts">Your own loss, prompts and so on; null for those of the recipe.</param>
    /// <exception cref="ArgumentException">The recipe contradicts itself or doesn't fit the model; the message names the setting.</exception>
    public Trainer(Recipe recipe, Sam2Model model, IBatchSource batches, TrainingFolder folder, IValidator? validator = null, TrainerParts? parts = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(folder);
        RecipeChecks.Require(recipe, model.Config, model.Parts.Adapters?.Lora?.Dropout ?? 0);
        if (parts?.ModelParts is { } own && own != model.Parts)
            throw new ArgumentException($"{nameof(TrainerParts)}.{nameof(TrainerParts.ModelParts)} are not the parts of the model; give them to the model's constructor.", nameof(parts));
        (_recipe, _model, _batches, _folder, _validator, _parts) = (recipe, model, batches, folder, validator, parts ?? new());
        _position = batches.Position;
        var forward = ForwardPass(model);
        if (_parts.Features is not null)
            FeatureCache.Require(model);
        _loss = _parts.Loss ?? new MultiStepLoss(recipe.Loss with { PredObjScores = recipe.Loss.PredObjScores && model.Config.PredObjScores });
        _optimizer = new ModelOptimizer(model, recipe.Optimizer, recipe.Precision switch
        {
            TrainingPrecision.Bf16 => ScalarType.BFloat16,
            TrainingPrecision.Fp16 => ScalarType.Float16,
            _ => ScalarType.Float32,
        });
        _average = recipe.Ema is { } ema ? new ExponentialMovingAverage(ema.Decay, _optimizer.Weights) : null;
        _guard = new DivergenceGuard(recipe.Divergence);
        _checkpoint = new TrainingCheckpoint(model, recipe, _optimizer, _average, _guard, _state);
        _workers = [(model, forward)];
        for (var i = 1; i < recipe.ConcurrentBatches; i++)
        {
            var replica = ModelReplica.Of(model);
            _workers.Add((replica, ForwardPass(replica)));
        }
        if (recipe.ConcurrentBatches > 1)
            _threads = new ComputeThreads(recipe.ConcurrentBatches);
    }

    /// <summary>How far the run is.</summary>
    public RunState State => _state;

    /// <summary>Continues from the folder's checkpoint.</summary>
    /// <exception cref="CheckpointException">It is missing or damaged, or belongs to another recipe.</exception>
    public void Resume()
    {
        _position = _checkpoint.Restore(_folder.Checkpoint);
        TrainingCheckpoint.Seek(_folder.Checkpoint, _batches, _position);
    }

    /// <summary>Trains to the end of the recipe.</summary>
    /// <param name="cancellationToken">Ends the run with a checkpoint of the last complete step.</param>
    /// <exception cref="TrainingException">The loss is not finite or explodes; the message names the batch.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; it can be resumed, here by calling this again.</exception>
    public void Run(CancellationToken cancellationToken = default)
    {
        Notify(callback => callback.OnStart(_state.Step));
        foreach (var (model, _) in _workers)
            model.train();
        var meter = new StepMeter();
        // A step that was interrupted has taken batches, and is taken again.
        if (_batches.Position != _position)
            _batches.Seek(_position);
        try
        {
            // A run that was interrupted during a validation repeats it, and writes the weights that follow the last one.
            ValidateIfDue(cancellationToken);
            if (_state.Step == _recipe.Steps && !File.Exists(_folder.Model))
                SaveWeights(_folder.Model);
            while (_state.Step < _recipe.Steps)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var gradientNorm = TakeStep(meter, cancellationToken);
                var last = _state.Step == _recipe.Steps;
                if (_state.Step % _recipe.Log.Every == 0 || last)
                    NotifyLog(meter, gradientNorm);
                meter.Pause();
                NotifyStep(gradientNorm);
                ValidateIfDue(cancellationToken);
                if (_recipe.Checkpoint.KeepSteps.Contains(_state.Step))
                    SaveWeights(_folder.WeightsOf(_state.Step));
                // The weights for use come first: once the checkpoint says that the run is over, they must be there.
                if (last)
                    SaveWeights(_folder.Model);
                if (_state.Step % _recipe.Checkpoint.Every == 0 || last)
                    Save();
                meter.Continue();
            }
        }
        catch (OperationCanceledException) when (_state.Step > 0)
        {
            Save();
            Notify(callback => callback.OnNote($"stopped at step {_state.Step}; saved to {_folder.Checkpoint}"));
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _threads?.Dispose();
        foreach (var (replica, _) in _workers.Skip(1))
            replica.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>The largest learning rate of any group at the step that was taken last.</summary>
    private double LearningRate => _optimizer.Groups.Max(group => group.LearningRateAt(Where(_state.Step - 1)));

    private double Where(long step) => (double)step / _recipe.Steps;

    private IForwardPass ForwardPass(Sam2Model model) =>
        _parts.ForwardPass?.Invoke(model) ?? new TrainingForwardPass(model, _recipe.Prompting, _parts.Prompts) { Features = _parts.Features };

    private double TakeStep(StepMeter meter, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        _stepLosses.Clear();
        var names = new List<string>();
        var (meanLoss, lossCount) = (_guard.Mean, _guard.Count);
        try
        {
            for (var i = 0; i < _recipe.Accumulate; i += _recipe.ConcurrentBatches)
            {
                names.AddRange(_threads is null
                    ? ProcessBatch(i, meter, cancellationToken)
                    : ProcessBatches(_threads, i, Math.Min(_recipe.ConcurrentBatches, _recipe.Accumulate - i), meter, cancellationToken));
            }
        }
        catch
        {
            // The step is taken again from its first batch, which must not count twice.
            _guard.Restore(meanLoss, lossCount);
            _optimizer.Weights.ClearGradients();
            foreach (var (replica, _) in _workers.Skip(1))
                replica.zero_grad();
            throw;
        }
        var (norm, taken) = _optimizer.Step(Where(_state.Step));
        if (taken && !double.IsFinite(norm))
            throw Diverged("the gradients are not finite, though the loss is", names);
        if (!taken && _optimizer.Scaler.Exhausted)
            throw Diverged("the gradients are not finite however small the loss scale is", names);
        _state.Step++;
        _position = _batches.Position;
        if (taken)
            _average?.Update(_optimizer.Weights, _state.Step);
        _state.Elapsed += Stopwatch.GetElapsedTime(started);
        meter.AddStep();
        return norm;
    }

    private IReadOnlyList<string> ProcessBatch(int part, StepMeter meter, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var batch = NextBatch(out var waited, cancellationToken);
        using var losses = Forward(_workers[0].Forward, batch, part);
        Check(losses.Values, batch);
        _optimizer.Backward(losses.Total, 1.0 / _recipe.Accumulate);
        AddBatch(meter, losses.Values, waited);
        return batch.Names;
    }

    /// <summary>Computes several batches at the same time. Their gradients are added in the order of the batches, whichever is ready first.</summary>
    private IReadOnlyList<string> ProcessBatches(ComputeThreads threads, int first, int count, StepMeter meter, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var waited = new double[count];
        var batches = new List<ClipBatch>();
        try
        {
            for (var i = 0; i < count; i++)
                batches.Add(NextBatch(out waited[i], cancellationToken));
            var losses = threads.Run([.. batches.Select((batch, i) => (Func<IReadOnlyDictionary<string, double>>)(() => Differentiate(_workers[i].Forward, batch, first + i)))]);
            for (var i = 0; i < count; i++)
            {
                Check(losses[i], batches[i]);
                if (i == 0)
                    _optimizer.Weights.TakeGradients();
                else
                    _optimizer.Weights.TakeGradients(_workers[i].Model);
                AddBatch(meter, losses[i], waited[i]);
            }
        }
        finally
        {
            foreach (var batch in batches)
                batch.Dispose();
        }
        return [.. batches.SelectMany(batch => batch.Names)];
    }

    private IReadOnlyDictionary<string, double> Differentiate(IForwardPass forward, ClipBatch batch, int part)
    {
        using var scope = NewDisposeScope();
        using var losses = Forward(forward, batch, part);
        // A loss that is not finite has no useful gradients; it is reported when it is this batch's turn.
        if (double.IsFinite(losses.Values[LossReport.TotalName]))
            _optimizer.Differentiate(losses.Total, 1.0 / _recipe.Accumulate);
        return losses.Values;
    }

    private LossReport Forward(IForwardPass forward, ClipBatch batch, int part)
    {
        using var prediction = forward.Run(batch, TrainingRandom.For(_recipe.Seed, StepStream, (ulong)_state.Step, (ulong)part));
        var losses = _loss.Compute(prediction, batch.Masks);
        return losses.Values.ContainsKey(LossReport.TotalName) ? losses : throw new ArgumentException(
            $"{_loss.GetType().Name} reports the values {string.Join(", ", losses.Values.Keys)}, but not the total, '{LossReport.TotalName}'; make the report by LossReport.From.");
    }

    private ClipBatch NextBatch(out double waited, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var batch = OnDevice(_batches.Next(cancellationToken));
        waited = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return batch;
    }

    private void Check(IReadOnlyDictionary<string, double> losses, ClipBatch batch)
    {
        if (_guard.Check(losses) is { } trouble)
            throw Diverged(trouble, batch.Names);
    }

    private ClipBatch OnDevice(ClipBatch batch)
    {
        var device = _model.Device;
        if (device.type == DeviceType.CPU)
            return batch;
        using (batch)
            return batch with { Images = batch.Images.to(device), Masks = batch.Masks.to(device) };
    }

    private void ValidateIfDue(CancellationToken cancellationToken)
    {
        if (_validator is null || _recipe.Validation is not { } validation || _state.Step == 0 || _state.ValidatedStep == _state.Step)
            return;
        if (_state.Step % validation.Every == 0 || _state.Step == _recipe.Steps)
            Validate(cancellationToken);
    }

    private void Validate(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var watch = Stopwatch.StartNew();
        using var model = Snapshot();
        var scores = _validator!.Validate(model, cancellationToken);
        var best = _state.BestScore is not { } score || double.IsNaN(score) || scores[0].Value > score;
        if (best)
        {
            (_state.BestScore, _state.BestStep) = (scores[0].Value, _state.Step);
            SaveWeights(_folder.Best);
        }
        (_state.ValidatedStep, _state.LastScores) = (_state.Step, scores);
        var record = new ValidationRecord(_state.Step, scores, best, watch.Elapsed.TotalSeconds);
        Notify(callback => callback.OnValidation(record));
    }

    /// <summary>Another model with the weights to be used: their averages if the recipe asks for these, otherwise the last ones.</summary>
    private Sam2Model Snapshot()
    {
        var model = new Sam2Model(_model.Config, _model.Parts);
        using var mode = no_grad();
        var weights = _optimizer.Weights.StateDict(_average?.Averages);
        foreach (var (name, target) in model.state_dict())
            target.copy_(weights[name]);
        model.to(_model.Device);
        model.eval();
        return model;
    }

    private void SaveWeights(string path)
    {
        using var scope = NewDisposeScope();
        TrainedWeights.Save(path, _optimizer.Weights.StateDict(_average?.Averages), _model, _recipe.Model.Checkpoint);
        Notify(callback => callback.OnCheckpoint(path, _state.Step));
    }

    private void Save()
    {
        _checkpoint.Save(_folder.Checkpoint, _position);
        Notify(callback => callback.OnCheckpoint(_folder.Checkpoint, _state.Step));
    }

    private void AddBatch(StepMeter meter, IReadOnlyDictionary<string, double> losses, double waited)
    {
        meter.AddBatch(losses, waited);
        _stepLosses.Add(losses);
    }

    private void NotifyLog(StepMeter meter, double gradientNorm)
    {
        var record = meter.Take(_state.Step, _recipe.Steps, LearningRate, gradientNorm, _optimizer.Scaler.Scale);
        Notify(callback => callback.OnLog(record));
    }

    private void NotifyStep(double gradientNorm)
    {
        if (_parts.Callbacks.Count == 0)
            return;
        var losses = _stepLosses.SelectMany(batch => batch).GroupBy(loss => loss.Key)
            .ToDictionary(group => group.Key, group => group.Sum(loss => loss.Value) / _stepLosses.Count);
        var step = new TrainingStep(_state.Step, _recipe.Steps, losses, LearningRate, gradientNorm, _model);
        Notify(callback => callback.OnStep(step));
    }

    private void Notify(Action<ITrainerCallback> tell)
    {
        foreach (var callback in _parts.Callbacks)
        {
            using var scope = NewDisposeScope();
            tell(callback);
        }
    }

    private TrainingException Diverged(string what, IReadOnlyList<string> names) =>
        new($"step {_state.Step + 1}: {what}, on the clips {string.Join(", ", names)}. "
            + (File.Exists(_folder.Checkpoint) ? $"The last checkpoint is {_folder.Checkpoint}. " : "")
            + "Lower the learning rate, warm it up, or lower optimizer.max_gradient_norm; if it is always this clip, look at its files.");
}
