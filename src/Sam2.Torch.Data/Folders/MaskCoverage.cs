namespace Sam2.Torch.Data.Folders;

/// <summary>Which frames of its videos a data set annotates.</summary>
internal enum MaskCoverage
{
    /// <summary>Some; a frame without a file is not annotated.</summary>
    Some,

    /// <summary>All, or the first alone where the others are kept back for a challenge. Anything else means that files are missing.</summary>
    FirstOrAll,
}
