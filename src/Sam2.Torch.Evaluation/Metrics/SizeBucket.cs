namespace Sam2.Torch.Evaluation.Metrics;

/// <summary>How large an object is in its video (SA-V, <c>masklet_size_bucket</c>), by the mean area of its mask where it is visible.</summary>
public enum SizeBucket
{
    /// <summary>Below 32² pixels.</summary>
    Small,

    /// <summary>From 32² to below 96² pixels.</summary>
    Medium,

    /// <summary>96² pixels and more.</summary>
    Large,
}
