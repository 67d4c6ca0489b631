namespace Sam2.Torch.Tracking;

/// <summary>A frame in the memory bank, and where it stands in time as seen from the frame that attends to it.</summary>
/// <param name="Frame">Index of the remembered frame.</param>
/// <param name="Conditioning">Whether it is looked up among the conditioning frames or among the others.</param>
/// <param name="Offset">
/// For spatial memories the temporal position: 0 for conditioning frames, else 1 (earliest) to NumMaskmem − 1 (adjacent frame).
/// For object pointers the distance in frames, in tracking order, signed if the configuration says so.
/// </param>
public readonly record struct MemoryReference(int Frame, bool Conditioning, int Offset);
