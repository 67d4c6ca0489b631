namespace Sam2.Torch.Data.Drawn;

/// <summary>An outline that is scaled and then moved.</summary>
internal sealed class PlacedOutline(Outline outline, double x, double y, double scale) : Outline
{
    private readonly float _x = (float)x;
    private readonly float _y = (float)y;
    private readonly float _scale = (float)scale;

    public override float Level(float x, float y) => _scale * outline.Level((x - _x) / _scale, (y - _y) / _scale);
}
