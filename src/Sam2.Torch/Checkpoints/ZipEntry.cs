namespace Sam2.Torch.Checkpoints;

/// <summary>A stored (uncompressed) entry of a zip archive.</summary>
/// <param name="Name">Path inside the archive, with forward slashes.</param>
/// <param name="HeaderOffset">Offset of its local header in the file.</param>
/// <param name="Offset">Offset of its bytes in the file.</param>
/// <param name="Length">Number of its bytes.</param>
/// <param name="Crc">CRC-32 of its bytes; 0 if the archive has none.</param>
internal sealed record ZipEntry(string Name, long HeaderOffset, long Offset, long Length, uint Crc);
