namespace Sam2.Torch.Training.Optimization;

/// <summary>
/// Keeps float16 gradients away from underflow: the loss is multiplied by a factor that grows while all gradients are finite and
/// shrinks when one is not (Micikevicius et al. 2018; numbers of PyTorch's <c>GradScaler</c>, which
/// TorchSharp doesn't have).
/// </summary>
public sealed class LossScaler
{
    private const double Growth = 2;
    private const double Backoff = 0.5;
    private const int GrowthInterval = 2000;
    private const double Smallest = 1.0 / (1 << 14);

    private readonly bool _enabled;

    /// <summary>Starts at 2¹⁶ for float16; stays at 1 where <paramref name="enabled"/> is false.</summary>
    public LossScaler(bool enabled)
    {
        _enabled = enabled;
        Scale = enabled ? 65536 : 1;
    }

    /// <summary>What the loss is multiplied by.</summary>
    public double Scale { get; private set; }

    /// <summary>Steps with finite gradients since the factor last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>Whether a step with such gradients may be taken; adapts the factor.</summary>
    /// <param name="finite">Whether all gradients were finite.</param>
    /// <returns>False if the step must be skipped. Without scaling always true: there infinite gradients are no artefact.</returns>
    public bool Update(bool finite)
    {
        if (!_enabled)
            return true;
        if (!finite)
            (Scale, GoodSteps) = (Scale * Backoff, 0);
        else if (++GoodSteps == GrowthInterval)
            (Scale, GoodSteps) = (Scale * Growth, 0);
        return finite;
    }

    /// <summary>Whether the factor has shrunk so far that no loss is left: the gradients themselves are not finite.</summary>
    public bool Exhausted => Scale < Smallest;

    /// <summary>Continues from a saved state.</summary>
    public void Restore(double scale, int goodSteps)
    {
        if (_enabled)
            (Scale, GoodSteps) = (scale, goodSteps);
    }
}
