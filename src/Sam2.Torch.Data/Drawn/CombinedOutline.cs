namespace Sam2.Torch.Data.Drawn;

/// <summary>How two outlines make one.</summary>
internal enum OutlineCombination
{
    /// <summary>Both together.</summary>
    Union,

    /// <summary>The first without the second: crescents, bitten discs, holes.</summary>
    Difference,
}

/// <summary>Two outlines as one.</summary>
internal sealed class CombinedOutline(Outline first, Outline second, OutlineCombination how) : Outline
{
    public override float Level(float x, float y)
    {
        float a = first.Level(x, y), b = second.Level(x, y);
        return how == OutlineCombination.Union ? Math.Min(a, b) : Math.Max(a, -b);
    }
}
