using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// The weights averaged over the last steps (Polyak and Juditsky 1992), which usually segment better than the last ones. The
/// average is kept in float32. TorchSharp has no <c>swa_utils</c>.
/// </summary>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _averages = [];

    /// <summary>Starts from the weights as they are.</summary>
    /// <param name="decay">How much of the average each step keeps, in [0, 1), in the long run.</param>
    /// <param name="weights">The weights to average.</param>
    public ExponentialMovingAverage(double decay, MasterWeights weights)
    {
        if (decay is not (>= 0 and < 1))
            throw new ArgumentException($"ema.decay is {decay}; give a number in [0, 1), such as 0.999", nameof(decay));
        _decay = decay;
        using var mode = no_grad();
        foreach (var (name, weight) in weights.Trained)
            _averages.Add(name, weight.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>The averages, by parameter name.</summary>
    public IReadOnlyDictionary<string, Tensor> Averages => _averages;

    /// <summary>Takes the weights after a step into account.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="step">Steps taken so far, from 1 on. At first the average is over few steps, so that it forgets the beginning.</param>
    public void Update(MasterWeights weights, long step)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var decay = Math.Min(_decay, (1.0 + step) / (10.0 + step));
        foreach (var (name, weight) in weights.Trained)
            _averages[name].mul_(decay).add_(weight, alpha: 1 - decay);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var average in _averages.Values)
            average.Dispose();
        _averages.Clear();
    }
}
