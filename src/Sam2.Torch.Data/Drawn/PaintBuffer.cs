using System.Numerics;

namespace Sam2.Torch.Data.Drawn;

/// <summary>A picture in the making: linear colours (X, Y, Z: R, G, B) and, per pixel, the id of what is seen there.</summary>
internal sealed class PaintBuffer(int width, int height)
{
    /// <summary>Width in pixels.</summary>
    public int Width { get; } = width;

    /// <summary>Height in pixels.</summary>
    public int Height { get; } = height;

    /// <summary>Row-major colours; W is unused.</summary>
    public Vector4[] Colours { get; } = new Vector4[width * height];

    /// <summary>Row-major ids, 0 for everything without one.</summary>
    public byte[] Ids { get; } = new byte[width * height];

    /// <summary>Fills everything with a surface.</summary>
    public void Fill(Material material)
    {
        for (int i = 0; i < Colours.Length; i++)
        {
            Colours[i] = material.At((i % Width) - (Width / 2f), (i / Width) - (Height / 2f));
        }
    }

    /// <summary>Fills everything with another picture, seen through a map; beyond its edges it is mirrored.</summary>
    /// <param name="source">The other picture.</param>
    /// <param name="toSource">From places here to places there.</param>
    public void Fill(PaintBuffer source, Affine2 toSource)
    {
        for (int y = 0; y < Height; y++)
        {
            var (u0, v0) = toSource.Apply(0, y);
            for (int x = 0; x < Width; x++)
            {
                float u = Mirror((float)(u0 + (x * toSource.Xx)), source.Width - 1);
                float v = Mirror((float)(v0 + (x * toSource.Yx)), source.Height - 1);
                Colours[(y * Width) + x] = Bilinear(source.Colours, source.Width, Math.Min((int)u, source.Width - 2), Math.Min((int)v, source.Height - 2), u, v);
            }
        }
    }

    /// <summary>Draws a sprite with soft edges over what is there; pixels whose centre is inside get the id.</summary>
    /// <param name="sprite">What is drawn.</param>
    /// <param name="toScreen">From the sprite's own coordinates (origin in its middle) to pixels here.</param>
    /// <param name="id">Written where it is seen; 0 for things without a mask.</param>
    /// <param name="wobble">How the sprite bends.</param>
    public void Draw(Sprite sprite, Affine2 toScreen, byte id, Wobble wobble = default)
    {
        var walk = new SpriteWalk(this, sprite, toScreen, wobble.Amplitude);
        for (int y = walk.Top; y <= walk.Bottom; y++)
        {
            for (int x = walk.Left; x <= walk.Right; x++)
            {
                if (!walk.Sample(x, y, wobble, out var sample) || sample.W >= 0.5f)
                {
                    continue;
                }

                int i = (y * Width) + x;
                var below = Colours[i];
                Colours[i] = below + ((sample - below) * Math.Min(1, 0.5f - sample.W));
                if (sample.W <= 0)
                {
                    Ids[i] = id;
                }
            }
        }
    }

    /// <summary>Darkens what lies in a sprite's shadow.</summary>
    /// <param name="sprite">What casts the shadow.</param>
    /// <param name="toScreen">From the sprite's own coordinates to where the shadow falls.</param>
    /// <param name="strength">0 for none, 1 for black.</param>
    /// <param name="softness">Width of the shadow's edge in pixels.</param>
    public void Shade(Sprite sprite, Affine2 toScreen, float strength, float softness)
    {
        var walk = new SpriteWalk(this, sprite, toScreen, 0);
        for (int y = walk.Top; y <= walk.Bottom; y++)
        {
            for (int x = walk.Left; x <= walk.Right; x++)
            {
                if (walk.Sample(x, y, default, out var sample) && sample.W < softness / 2)
                {
                    Colours[(y * Width) + x] *= 1 - (strength * Math.Min(1, 0.5f - (sample.W / softness)));
                }
            }
        }
    }

    /// <summary>Blurs with weights (a, 1 − 2a, a) along both axes; the picture's edges repeat.</summary>
    public void Blur(float a)
    {
        float b = 1 - (2 * a);
        for (int y = 0; y < Height; y++)
        {
            var row = Colours.AsSpan(y * Width, Width);
            var before = row[0];
            for (int x = 0; x < Width; x++)
            {
                var here = row[x];
                row[x] = (here * b) + ((before + row[Math.Min(x + 1, Width - 1)]) * a);
                before = here;
            }
        }

        var above = Colours.AsSpan(0, Width).ToArray();
        for (int y = 0; y < Height; y++)
        {
            var row = Colours.AsSpan(y * Width, Width);
            var below = Colours.AsSpan(Math.Min(y + 1, Height - 1) * Width, Width);
            for (int x = 0; x < Width; x++)
            {
                var here = row[x];
                row[x] = (here * b) + ((above[x] + below[x]) * a);
                above[x] = here;
            }
        }
    }

    /// <summary>The colour between four pixels.</summary>
    internal static Vector4 Bilinear(Vector4[] pixels, int width, int x, int y, float u, float v)
    {
        int i = (y * width) + x;
        float fx = u - x, fy = v - y;
        var top = pixels[i] + ((pixels[i + 1] - pixels[i]) * fx);
        var bottom = pixels[i + width] + ((pixels[i + width + 1] - pixels[i + width]) * fx);
        return top + ((bottom - top) * fy);
    }

    /// <summary>Folds a coordinate into [0, last].</summary>
    private static float Mirror(float position, float last)
    {
        if (position >= 0 && position <= last)
        {
            return position;
        }

        float folded = position - (2 * last * MathF.Floor(position / (2 * last)));
        return folded <= last ? folded : Math.Max(0, (2 * last) - folded);
    }
}
