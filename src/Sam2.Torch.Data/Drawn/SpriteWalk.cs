using System.Numerics;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Data.Drawn;

/// <summary>The pixels of a picture that a placed sprite can reach, and what the sprite shows there.</summary>
internal readonly ref struct SpriteWalk
{
    private readonly Sprite _sprite;
    private readonly Affine2 _toSprite;
    private readonly float _centreX;
    private readonly float _centreY;
    private readonly float _scale;

    /// <param name="target">The picture.</param>
    /// <param name="sprite">The sprite.</param>
    /// <param name="toScreen">From the sprite's own coordinates to the picture's pixels.</param>
    /// <param name="slack">How many sprite pixels further it reaches to the sides.</param>
    public SpriteWalk(PaintBuffer target, Sprite sprite, Affine2 toScreen, float slack)
    {
        _sprite = sprite;
        _toSprite = toScreen.Inverse();
        _centreX = (sprite.Width - 1) / 2f;
        _centreY = (sprite.Height - 1) / 2f;
        _scale = (float)Math.Sqrt(Math.Abs(toScreen.Determinant));
        double reachX = (Math.Abs(toScreen.Xx) * (_centreX + slack)) + (Math.Abs(toScreen.Xy) * _centreY);
        double reachY = (Math.Abs(toScreen.Yx) * (_centreX + slack)) + (Math.Abs(toScreen.Yy) * _centreY);
        Left = (int)Math.Ceiling(Math.Max(0, toScreen.X0 - reachX));
        Right = (int)Math.Floor(Math.Min(target.Width - 1, toScreen.X0 + reachX));
        Top = (int)Math.Ceiling(Math.Max(0, toScreen.Y0 - reachY));
        Bottom = (int)Math.Floor(Math.Min(target.Height - 1, toScreen.Y0 + reachY));
    }

    /// <summary>First column.</summary>
    public int Left { get; }

    /// <summary>Last column.</summary>
    public int Right { get; }

    /// <summary>First row.</summary>
    public int Top { get; }

    /// <summary>Last row.</summary>
    public int Bottom { get; }

    /// <summary>Colour and distance (in pixels of the picture) at a pixel; false outside the sprite.</summary>
    public bool Sample(int x, int y, Wobble wobble, out Vector4 sample)
    {
        var (pu, pv) = _toSprite.Apply(x, y);
        float v = (float)pv, u = (float)pu + wobble.Shift(v) + _centreX;
        v += _centreY;
        if (!(u >= 0 && v >= 0 && u < _sprite.Width - 1 && v < _sprite.Height - 1))
        {
            sample = default;
            return false;
        }

        sample = PaintBuffer.Bilinear(_sprite.Pixels, _sprite.Width, (int)u, (int)v, u, v);
        sample.W *= _scale;
        return true;
    }
}
