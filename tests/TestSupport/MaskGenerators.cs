using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Sam2.Torch.Masks;

namespace TestSupport;

/// <summary>Arbitrary masks for properties. A failing property says the size and the seed, which make the mask again.</summary>
public static class MaskGenerators
{
    /// <summary>Masks of every kind of <see cref="RandomMasks"/>, from 1×1 to some thousand pixels.</summary>
    public static Arbitrary<SeededMask> Small { get; } = Of(1, 70);

    /// <summary>A few masks of up to 4000×4000 pixels.</summary>
    public static Arbitrary<SeededMask> Large { get; } = Of(1000, 4000);

    /// <summary>Checks a property, the same masks in every run.</summary>
    public static void Check(Arbitrary<SeededMask> masks, int count, Action<BinaryMask> property) => Prop
        .ForAll(masks, mask => property(mask.Create()))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(new Replay(new Rnd(20260727), FSharpOption<int>.None)));

    private static Arbitrary<SeededMask> Of(int smallest, int largest) => Arb.From(
        from height in Gen.Choose(smallest, largest)
        from width in Gen.Choose(smallest, largest)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select new SeededMask(height, width, seed));

    /// <summary>How to make a mask.</summary>
    public sealed record SeededMask(int Height, int Width, int Seed)
    {
        public BinaryMask Create() => Height < 1000 || Seed % 4 == 0
            ? RandomMasks.Create(new System.Random(Seed), Height, Width)
            : RandomMasks.Blobs(Height, Width, Seed);
    }
}
