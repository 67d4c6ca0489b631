using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>One picture of a drawn scene with its exact truth.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Ids">Per pixel (row-major) the id of the object that is seen there, 0 for the background.</param>
public sealed record DrawnFrame(RgbImage Image, byte[] Ids)
{
    /// <summary>The visible pixels of an object; empty while it is hidden.</summary>
    public BinaryMask Mask(byte id)
    {
        var mask = new BinaryMask(Image.Height, Image.Width);
        for (int i = 0; i < Ids.Length; i++)
        {
            mask.Data[i] = Ids[i] == id ? (byte)1 : (byte)0;
        }

        return mask;
    }

    /// <summary>The visible pixels of all objects by id; hidden objects have none.</summary>
    public IReadOnlyDictionary<int, BinaryMask> Masks()
    {
        var masks = new Dictionary<int, BinaryMask>();
        for (int i = 0; i < Ids.Length; i++)
        {
            if (Ids[i] != 0)
            {
                if (!masks.TryGetValue(Ids[i], out var mask))
                {
                    masks[Ids[i]] = mask = new BinaryMask(Image.Height, Image.Width);
                }

                mask.Data[i] = 1;
            }
        }

        return masks;
    }
}

/// <summary>Reproducible random numbers (<see cref="SplitMix64"/>) for everything that is drawn.</summary>
internal struct DrawnRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits() => SplitMix64.Next(ref _state);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => SplitMix64.NextDouble(ref _state);

    /// <summary>A number in [low, high).</summary>
    public double Between(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, count).</summary>
    public int Below(int count) => (int)(NextDouble() * count);
}
