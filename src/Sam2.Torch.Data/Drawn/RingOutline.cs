namespace Sam2.Torch.Data.Drawn;

/// <summary>A band inside another outline: a ring, a frame. The level inside the other outline must reach −width at least.</summary>
internal sealed class RingOutline(Outline outer, double width) : Outline
{
    private readonly float _half = (float)(width / 2);

    public override float Level(float x, float y) => Math.Abs(outer.Level(x, y) + _half) - _half;
}
