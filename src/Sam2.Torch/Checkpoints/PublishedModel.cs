using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>A checkpoint of weights/manifest.json.</summary>
/// <param name="Name">Its name, such as <c>sam2.1_hiera_tiny</c>.</param>
/// <param name="Architecture">Its preset, such as <c>sam2.1_hiera_t</c> (<see cref="Sam2Presets"/>).</param>
/// <param name="File">File name, such as <c>sam2.1_hiera_tiny.pt</c>.</param>
/// <param name="Url">Where it is published; null for one that comes with the repository.</param>
/// <param name="Parameters">Number of parameters.</param>
/// <param name="Size">Size of the file in bytes.</param>
public sealed record PublishedModel(string Name, string Architecture, string File, Uri? Url, long Parameters, long Size);
