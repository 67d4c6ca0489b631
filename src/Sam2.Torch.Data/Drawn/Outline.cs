namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// The outline of a drawn part in its own coordinates, in which it fits into the unit circle: a level that is negative
/// inside, 0 on the outline and positive outside.
/// </summary>
internal abstract class Outline
{
    /// <summary>The level at a place. Its sign is exact; its slope need not be 1.</summary>
    public abstract float Level(float x, float y);
}
