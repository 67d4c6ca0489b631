using BenchmarkDotNet.Attributes;
using Sam2.Cli.Benchmarking;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Benchmarks;

/// <summary>
/// The workloads of <c>sam2 bench</c> on one architecture with random weights, beside the reference product: the column
/// Ratio is the time in sg. The environment variable SAM2_ARCHITECTURE names another architecture than SAM 2.1 tiny.
/// </summary>
[Config(typeof(SgConfig))]
public class ModelBenchmarks
{
    private readonly List<IDisposable> _owned = [];
    private ReferenceProduct _reference = null!;
    private Action _imageEncoder = null!, _oneClick = null!, _manyClicks = null!, _trackOne = null!, _trackFour = null!, _everything = null!;

    /// <summary>Builds the model and the tensors.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var device = torch.CPU;
        Sam2Model model = RandomModel.Create(BenchmarkSize.Architecture, device, torch.ScalarType.Float32);
        var workloads = new ModelWorkloads(model);
        _reference = new ReferenceProduct(device);
        _owned.AddRange([_reference, workloads, model]);
        _imageEncoder = workloads.ImageEncoder.Run;
        _oneClick = workloads.OneClick.Run;
        _manyClicks = workloads.ManyClicks.Run;
        _trackOne = workloads.TrackOneObject.Run;
        _trackFour = workloads.TrackFourObjects.Run;
        _everything = workloads.Everything.Run;
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Cleanup() => _owned.ForEach(owned => owned.Dispose());

    /// <summary>One sg.</summary>
    [Benchmark(Baseline = true)]
    public void Product2048() => _reference.Run();

    /// <summary>The image encoder.</summary>
    [Benchmark]
    public void ImageEncoder() => _imageEncoder();

    /// <summary>A click on an encoded picture.</summary>
    [Benchmark]
    public void OneClick() => _oneClick();

    /// <summary>64 clicks, three masks each.</summary>
    [Benchmark]
    public void Clicks64Multimask() => _manyClicks();

    /// <summary>One object from a frame to the next.</summary>
    [Benchmark]
    public void TrackOneObject() => _trackOne();

    /// <summary>Four objects from a frame to the next.</summary>
    [Benchmark]
    public void TrackFourObjects() => _trackFour();

    /// <summary>Everything in a picture, from a grid of 32 by 32 points.</summary>
    [Benchmark]
    public void Everything() => _everything();
}
