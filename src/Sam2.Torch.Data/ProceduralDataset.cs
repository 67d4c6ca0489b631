using System.Collections;
using Sam2.Torch.Data.DemoScene;
using Sam2.Torch.Data.Drawn;

namespace Sam2.Torch.Data;

/// <summary>
/// Clips (or images, as clips of one frame) that the project draws itself: textured objects of all shapes over textured
/// backgrounds that move, turn, scale, bend, cover each other, leave and come back, among look-alikes without masks, under a
/// moving camera and changing light, with exact masks. The same seed and index give the same clip on every machine.
/// </summary>
public sealed class ProceduralDataset : IReadOnlyList<IAnnotatedVideo>
{
    private readonly ProceduralOptions _options;
    private readonly ulong _seed;

    /// <summary>A data set of so many clips.</summary>
    /// <param name="count">Number of clips; clip i is the same whatever the number.</param>
    /// <param name="seed">Chooses the clips. Different seeds share none.</param>
    /// <param name="options">What the clips are like.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names it.</exception>
    public ProceduralDataset(int count, long seed = 0, ProceduralOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _options = options ?? new ProceduralOptions();
        _options.Check();
        _seed = (ulong)seed;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>A clip; it is drawn when frames are asked for, and kept by nobody but the caller.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip.</exception>
    public IAnnotatedVideo this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

            // Two rounds of mixing: neighbouring seeds and indices must not give related clips.
            ulong mixed = new DrawnRandom(new DrawnRandom(_seed).NextBits() + (ulong)index).NextBits();
            return new ProceduralClip($"{index:D6}", mixed, _options);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<IAnnotatedVideo> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
