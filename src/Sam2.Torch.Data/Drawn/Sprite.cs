using System.Numerics;

namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// A painted part: per pixel its colour (X, Y, Z: R, G, B in [0, 1]) and the signed distance from its outline in pixels
/// (W, negative inside). What lies between pixels is interpolated; that is the definition of the part's outline, so masks
/// are exact for what is drawn.
/// </summary>
internal sealed class Sprite
{
    /// <summary>Pixels around the outline, for soft edges and shadows.</summary>
    public const int Margin = 4;

    private Sprite(int width, int height, Vector4[] pixels)
    {
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Row-major colours and distances; the part's own origin is the middle.</summary>
    public Vector4[] Pixels { get; }

    /// <summary>Paints a part.</summary>
    /// <param name="outline">Its outline; the unit circle of it gets the two radii.</param>
    /// <param name="radiusX">Half width in pixels.</param>
    /// <param name="radiusY">Half height in pixels.</param>
    /// <param name="material">Its surface.</param>
    /// <param name="light">Strength and direction of the light on its rounded rim; zero for a flat part.</param>
    public static Sprite Paint(Outline outline, double radiusX, double radiusY, Material material, Vector2 light)
    {
        int width = (2 * (int)Math.Ceiling(radiusX + Margin)) + 1, height = (2 * (int)Math.Ceiling(radiusY + Margin)) + 1;
        float centreX = (width - 1) / 2f, centreY = (height - 1) / 2f;
        float scaleX = (float)(1 / radiusX), scaleY = (float)(1 / radiusY);
        var level = new float[width * height];
        for (int i = 0; i < level.Length; i++)
        {
            level[i] = outline.Level(((i % width) - centreX) * scaleX, ((i / width) - centreY) * scaleY);
        }

        var pixels = new Vector4[width * height];
        float rim = (float)Math.Min(radiusX, radiusY) * 0.5f;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int i = (y * width) + x;
                float slopeX = (level[x + 1 < width ? i + 1 : i] - level[x > 0 ? i - 1 : i]) / (x > 0 && x + 1 < width ? 2 : 1);
                float slopeY = (level[y + 1 < height ? i + width : i] - level[y > 0 ? i - width : i]) / (y > 0 && y + 1 < height ? 2 : 1);

                // Dividing by the slope turns levels into pixels near the outline, where it matters.
                float slope = MathF.Sqrt((slopeX * slopeX) + (slopeY * slopeY)) + 1e-6f;
                float distance = level[i] / slope;
                var colour = distance < 2 ? material.At(x - centreX, y - centreY) : Vector4.Zero;
                if (light != default && distance < 0)
                {
                    float facing = ((slopeX * light.X) + (slopeY * light.Y)) / slope;
                    float bend = Math.Max(0, 1 + (distance / rim));
                    colour *= 1 + (facing * bend * bend);
                }

                colour.W = distance;
                pixels[i] = colour;
            }
        }

        return new Sprite(width, height, pixels);
    }
}

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
