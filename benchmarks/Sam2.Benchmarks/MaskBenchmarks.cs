using BenchmarkDotNet.Attributes;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TorchSharp;

namespace Sam2.Benchmarks;

/// <summary>What is done with masks of a picture of 1920×1080 pixels: run lengths, cleaning, polygons, overlays.</summary>
[Config(typeof(SgConfig))]
public class MaskBenchmarks
{
    private RgbImage _image = null!;
    private BinaryMask[] _masks = [];
    private CocoRle[] _runs = [];
    private torch.Tensor _tensor = null!, _logits = null!;

    /// <summary>Draws a picture with objects.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var frame = DemoScene.Create(BenchmarkSize.Of(1920, 96), BenchmarkSize.Of(1080, 64)).Render(0);
        _image = frame.Image;
        _masks = [.. frame.Masks().Values];
        _runs = [.. _masks.Select(CocoRle.Encode)];
        _tensor = _masks[0].ToTensor();
        _logits = torch.randn(1, 1, BenchmarkSize.Of(256, 32), BenchmarkSize.Of(256, 32));
    }

    /// <summary>Frees the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _tensor.Dispose();
        _logits.Dispose();
    }

    /// <summary>A tensor into managed memory.</summary>
    [Benchmark]
    public BinaryMask FromTensor() => BinaryMask.FromTensor(_tensor);

    /// <summary>A mask into run lengths.</summary>
    [Benchmark]
    public CocoRle EncodeRuns() => CocoRle.Encode(_masks[0]);

    /// <summary>Run lengths into a mask.</summary>
    [Benchmark]
    public BinaryMask DecodeRuns() => _runs[0].Decode();

    /// <summary>Run lengths into COCO's text and back.</summary>
    [Benchmark]
    public CocoRle TextOfRunsAndBack() => CocoRle.FromCompressedString(_runs[0].Height, _runs[0].Width, _runs[0].ToCompressedString());

    /// <summary>The union of all objects, by their run lengths.</summary>
    [Benchmark]
    public CocoRle MergeRuns() => CocoRle.Merge(_runs);

    /// <summary>Intersection over union of two objects, by their run lengths.</summary>
    [Benchmark]
    public double IouOfRuns() => _runs[0].Iou(_runs[^1]);

    /// <summary>Holes of a mask as the decoder predicts it, filled.</summary>
    [Benchmark]
    public void FillHoles()
    {
        using var scope = torch.NewDisposeScope();
        MaskCleanup.FillHolesInMaskScores(_logits, maxArea: 8);
    }

    /// <summary>Polygons around an object.</summary>
    [Benchmark]
    public IReadOnlyList<MaskPolygon> TracePolygons() => MaskPolygon.Trace(_masks[0]);

    /// <summary>All objects drawn on the picture.</summary>
    [Benchmark]
    public RgbImage DrawOverlay() => Overlay.Draw(_image, [.. _masks.Select((mask, i) => new OverlayObject(i + 1, mask))]);
}
