using TorchSharp;

namespace Sam2.Torch.Checkpoints;

/// <summary>A storage as a pickle refers to it: a typed range of a region.</summary>
/// <param name="Region">The bytes; null until the file has been read to where they lie (legacy format).</param>
/// <param name="Type">Element type.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="FirstElement">First element inside the region, in elements.</param>
internal sealed record StorageReference(StorageSlot Region, torch.ScalarType Type, long Count, long FirstElement);
