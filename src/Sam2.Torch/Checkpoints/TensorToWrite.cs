namespace Sam2.Torch.Checkpoints;

/// <summary>A tensor to write: a view of a storage.</summary>
/// <param name="Storage">The storage; tensors that share it stay shared.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Strides">Strides, in elements.</param>
/// <param name="Offset">First element in the storage.</param>
/// <param name="RequiresGrad">Recorded with the tensor.</param>
/// <param name="IsParameter">Whether Python is to make it an <c>nn.Parameter</c>.</param>
internal sealed record TensorToWrite(StorageToWrite Storage, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides, long Offset, bool RequiresGrad, bool IsParameter);
