using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// The float32 weights that the optimizer changes (mixed-precision training, Micikevicius et al. 2018). A model in bfloat16 or
/// float16 gets rounded copies of them after every step; for one in float32 they are the model's own parameters.
/// </summary>
public sealed class MasterWeights : IDisposable
{
    private readonly nn.Module _model;
    private readonly List<(string Name, Parameter Model, Parameter Master)> _trained = [];
    // For a model in half precision: the weights that are not trained, before rounding.
    private readonly Dictionary<string, Tensor> _untrained = [];

    /// <summary>Converts a float32 model to the type that it is trained in, and keeps its weights in float32.</summary>
    /// <param name="model">The model; stays the caller's. Parameters that don't require gradients are not trained.</param>
    /// <param name="precision">Float32, BFloat16 or Float16.</param>
    public MasterWeights(nn.Module model, ScalarType precision)
    {
        _model = model;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var masters = new Dictionary<string, Parameter>();
        if (precision != float32)
        {
            var trained = model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => p.name).ToHashSet();
            foreach (var (name, value) in model.state_dict())
                if (trained.Contains(name))
                    masters.Add(name, (Parameter)nn.Parameter(value.detach().clone()).DetachFromDisposeScope());
                else
                    _untrained.Add(name, value.detach().clone().DetachFromDisposeScope());
            model.to(precision);
        }
        foreach (var (name, parameter) in model.named_parameters())
            if (parameter.requires_grad)
                _trained.Add((name, parameter, masters.GetValueOrDefault(name, parameter)));
    }

    /// <summary>The weights that the optimizer changes, by name, in the model's order.</summary>
    public IEnumerable<(string Name, Parameter Weight)> Trained => _trained.Select(w => (w.Name, w.Master));

    /// <summary>
    /// All weights and buffers in float32, in the order of the model's state dict, for a checkpoint: the tensors themselves, detached.
    /// </summary>
    /// <param name="replacements">Tensors to take in place of trained weights, such as averages; null for none.</param>
    /// <returns>The tensors; those that are the model's are aliases which belong to the current dispose scope.</returns>
    public IReadOnlyDictionary<string, Tensor> StateDict(IReadOnlyDictionary<string, Tensor>? replacements = null)
    {
        var trained = _trained.ToDictionary(w => w.Name, w => w.Master);
        var result = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in _model.state_dict())
            result.Add(name, (replacements?.GetValueOrDefault(name) ?? trained.GetValueOrDefault(name) ?? _untrained.GetValueOrDefault(name) ?? value).detach());
        return result;
    }

    /// <summary>
    /// Adds the model's gradients to those of the weights and clears them, so that gradients of several batches add up in
    /// float32. Nothing to do for a float32 model, whose gradients are the weights'.
    /// </summary>
    public void TakeGradients()
    {
        using var mode = no_grad();
        foreach (var (_, model, master) in RoundedCopies)
        {
            using var scope = NewDisposeScope();
            if (model.grad is not { } gradient)
                continue;
            Add(master, gradient);
            model.grad = null;
        }
    }

    /// <summary>Adds the gradients of a replica of the model to those of the weights, in float32, and clears them.</summary>
    /// <param name="replica">A module with the model's parameter names.</param>
    public void TakeGradients(nn.Module replica)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var masters = _trained.ToDictionary(w => w.Name, w => w.Master);
        foreach (var (name, parameter) in replica.named_parameters())
        {
            if (parameter.grad is not { } gradient)
                continue;
            Add(masters[name], gradient);
            parameter.grad = null;
        }
    }

    /// <summary>Multiplies all gradients, for example by one over the loss scale.</summary>
    public void ScaleGradients(double factor)
    {
        if (factor == 1)
            return;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var (_, _, master) in _trained)
            master.grad?.mul_(Scalars.Of(factor));
    }

    /// <summary>Removes all gradients.</summary>
    public void ClearGradients()
    {
        foreach (var (_, model, master) in _trained)
        {
            model.grad = null;
            master.grad = null;
        }
    }

    /// <summary>Gives the model the weights as they are now, rounded to its type.</summary>
    public void WriteToModel()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var (_, model, master) in RoundedCopies)
            model.copy_(master);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, _, master) in RoundedCopies)
            master.Dispose();
        foreach (var tensor in _untrained.Values)
            tensor.Dispose();
        _trained.Clear();
        _untrained.Clear();
    }

    private static void Add(Parameter master, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        if (master.grad is { } sum)
            sum.AddInPlace(gradient.to(float32));
        else
            master.grad = gradient.to(float32);
    }

    private IEnumerable<(string Name, Parameter Model, Parameter Master)> RoundedCopies => _trained.Where(w => !ReferenceEquals(w.Model, w.Master));
}

/// <summary>
/// The weights averaged over the last steps (Polyak and Juditsky 1992), which usually segment better than the last ones. The
/// average is kept in float32. TorchSharp has no <c>swa_utils</c>.
/// </summary>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _averages = [];

    /// <summary>Starts from the weights as they are.</summary>
    /// <param name="decay">The fraction of the average that each step keeps in the long run, in [0, 1).</param>
    /// <param name="weights">The weights to average.</param>
    public ExponentialMovingAverage(double decay, MasterWeights weights)
    {
        if (decay is not (>= 0 and < 1))
            throw new ArgumentException($"ema.decay is {decay}; give a number in [0, 1), such as 0.999", nameof(decay));
        _decay = decay;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var (name, weight) in weights.Trained)
            _averages.Add(name, weight.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>The averages, by parameter name.</summary>
    public IReadOnlyDictionary<string, Tensor> Averages => _averages;

    /// <summary>Takes the weights after a step into account.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="step">Steps taken so far, from 1. The first steps average over few steps, so that the initial weights are forgotten.</param>
    public void Update(MasterWeights weights, long step)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var decay = Math.Min(_decay, (1.0 + step) / (10.0 + step));
        foreach (var (name, weight) in weights.Trained)
            _averages[name].mul_(Scalars.Of(decay)).add_(weight, alpha: Scalars.Of(1 - decay));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var average in _averages.Values)
            average.Dispose();
        _averages.Clear();
    }
}
