using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>Points of B prompts. A box is two points, its corners, before all others.</summary>
/// <param name="Coordinates"><c>[B, N, 2]</c>, (x, y) in pixels of the model's input, float32.</param>
/// <param name="Labels"><c>[B, N]</c>, int32: 1 foreground, 0 background, 2 and 3 corners of a box, −1 padding.</param>
public sealed record PointTensors(Tensor Coordinates, Tensor Labels);
