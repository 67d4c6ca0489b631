using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>A model of a published architecture with random weights: as fast as the trained one, without a download.</summary>
public static class RandomModel
{
    /// <summary>Builds a model, ready for inference.</summary>
    /// <param name="architecture">A name of <see cref="Sam2Presets.ByName"/>.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    /// <exception cref="CliException">There is no such architecture.</exception>
    public static Sam2Model Create(string architecture, torch.Device device, torch.ScalarType precision)
    {
        torch.manual_seed(0);
        var model = new Sam2Model(Config(architecture));
        model.eval();
        model.to(device);
        model.to(precision);
        return model;
    }

    /// <summary>A published architecture.</summary>
    /// <param name="architecture">A name of <see cref="Sam2Presets.ByName"/>.</param>
    /// <exception cref="CliException">There is no such architecture.</exception>
    public static Sam2Config Config(string architecture) => Sam2Presets.ByName.TryGetValue(architecture, out var config)
        ? config
        : throw new CliException($"--random '{architecture}' is no architecture; {string.Join(", ", Sam2Presets.ByName.Keys)} are");
}
