namespace Sam2.Torch.Checkpoints;

/// <summary>How far a download is.</summary>
/// <param name="Received">Bytes on disk, those of an earlier, interrupted download included.</param>
/// <param name="Total">Bytes of the whole file; null if the server doesn't say.</param>
public readonly record struct DownloadProgress(long Received, long? Total);
