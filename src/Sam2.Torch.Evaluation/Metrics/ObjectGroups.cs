namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>The groups by which scores are broken down.</summary>
public static class ObjectGroups
{
    /// <summary>The bucket of a mean mask area in pixels.</summary>
    public static SizeBucket SizeOf(double meanArea) => meanArea switch
    {
        < 32 * 32 => SizeBucket.Small,
        < 96 * 96 => SizeBucket.Medium,
        _ => SizeBucket.Large,
    };

    /// <summary>The group of a number of visibility changes: objects that stay, that leave or come back, that do so again and again.</summary>
    public static string VisibilityOf(int changes) => changes switch
    {
        0 => "0 changes",
        <= 2 => "1–2 changes",
        _ => "3 and more changes",
    };
}
