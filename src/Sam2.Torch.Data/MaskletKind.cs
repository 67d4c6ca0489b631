namespace Sam2.Torch.Data;

/// <summary>Which masklets of SA-V train are used.</summary>
public enum MaskletKind
{
    /// <summary>Those that people made, in <c>VIDEO_manual.json</c>.</summary>
    Manual,

    /// <summary>Those that the model made, in <c>VIDEO_auto.json</c>.</summary>
    Auto,

    /// <summary>Both, the manual ones first.</summary>
    All,
}
