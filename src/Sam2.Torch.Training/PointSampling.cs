namespace Sam2.Torch.Training;

/// <summary>Where a simulated user clicks.</summary>
public enum PointSampling
{
    /// <summary>On any wrong pixel with the same probability.</summary>
    Uniform,

    /// <summary>On the centre of the largest error: the wrong pixel farthest from its region's boundary.</summary>
    Center,
}
