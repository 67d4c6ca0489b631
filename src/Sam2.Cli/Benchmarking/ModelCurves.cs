using System.Globalization;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>
/// What is measured to see how the cost of a model grows: with the image's size, the number of prompts, objects and memories, and with
/// the model's own size. Weights are random.
/// </summary>
/// <param name="config">The architecture.</param>
/// <param name="device">Where to compute.</param>
/// <param name="precision">The type to compute in.</param>
public sealed class ModelCurves(Sam2Config config, torch.Device device, torch.ScalarType precision)
{
    /// <summary>The image's side, as shares of what the architecture is made for: 512 to 2048 for the published ones.</summary>
    private static readonly double[] ImageScales = [0.5, 0.75, 1, 1.5, 2];

    private static readonly int[] Prompts = [1, 4, 16, 64, 256, 1024];
    private static readonly int[] Objects = [1, 2, 4, 8, 16, 32];

    /// <summary>More memories than the published models attend to, so that their growth shows.</summary>
    private static readonly int[] Memories = [1, 2, 4, 7, 14, 28];

    private static readonly string[] Architectures =
        ["sam2.1_hiera_nano", "sam2.1_hiera_micro", "sam2.1_hiera_t", "sam2.1_hiera_s", "sam2.1_hiera_b+", "sam2.1_hiera_l"];

    /// <summary>All curves.</summary>
    public IReadOnlyList<CurvePlan> All =>
    [
        new("image_size", "pixels", [.. ImageScales.Select(scale => ImageStep(config, RoundedSize(scale)))]),
        new("prompts", "prompts", [.. Prompts.Select(count => ModelStep(count, config, null, workloads => workloads.Clicks(count)))]),
        new("objects", "objects", [.. Objects.Select(count => ModelStep(count, config, null, workloads => workloads.TrackObjects(count)))]),
        new("memories", "memories", [.. Memories.Select(count => ModelStep(
            count, config with { NumMaskmem = Memories[^1] }, count, workloads => workloads.TrackOneObject))]),
        new("model_size", "parameters", [.. Architectures.Select(ArchitectureStep)]),
    ];

    /// <summary>The nearest side that every stage of the trunk divides into whole windows.</summary>
    private int RoundedSize(double scale)
    {
        var unit = 2 * config.BackboneStride;
        return Math.Max(1, (int)Math.Round(config.ImageSize * scale / unit)) * unit;
    }

    private CurveStep ImageStep(Sam2Config architecture, int side) => new(
        $"{side}x{side}", (double)side * side, owned => Workloads(DependentSettings.Follow(architecture with { ImageSize = side }), null, owned).ImageEncoder.Run);

    private CurveStep ArchitectureStep(string name)
    {
        double parameters = 0;
        return new(name, () => parameters, owned =>
        {
            var workloads = Workloads(DependentSettings.Follow(Sam2Presets.ByName[name] with { ImageSize = config.ImageSize }), null, owned);
            parameters = owned.OfType<Sam2Model>().Single().parameters().Sum(parameter => (double)parameter.numel());
            return workloads.ImageEncoder.Run;
        });
    }

    private CurveStep ModelStep(int count, Sam2Config architecture, int? rememberedFrames, Func<ModelWorkloads, Workload> choose) => new(
        count.ToString(CultureInfo.InvariantCulture), count, owned =>
        {
            var run = choose(Workloads(architecture, rememberedFrames, owned)).Run;
            run(); // encodes the picture, which isn't to be measured
            return run;
        });

    private ModelWorkloads Workloads(Sam2Config architecture, int? rememberedFrames, ICollection<IDisposable> owned)
    {
        var model = RandomModel.Create(architecture, device, precision);
        owned.Add(model);
        var workloads = new ModelWorkloads(model, rememberedFrames);
        owned.Add(workloads);
        return workloads;
    }
}
