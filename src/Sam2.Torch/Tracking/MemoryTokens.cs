using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>The memories that a frame attends to, one after the other.</summary>
/// <param name="Memory">Spatial memories, then object pointers, [B, M, Cm].</param>
/// <param name="Position">Spatial plus temporal position encoding, [1 or B, M, Cm].</param>
/// <param name="NumObjPtrTokens">Number of object-pointer tokens at the end.</param>
public sealed record MemoryTokens(Tensor Memory, Tensor Position, int NumObjPtrTokens);
