using BenchmarkDotNet.Attributes;
using Sam2.Cli.Benchmarking;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Sam2.Benchmarks;

/// <summary>
/// Layers at the shapes that SAM 2.1 tiny has at 1024×1024 pixels, beside the reference product: the column Ratio is the time in sg.
/// </summary>
[Config(typeof(SgConfig))]
public class LayerBenchmarks
{
    private readonly List<IDisposable> _owned = [];
    private ReferenceProduct _reference = null!;
    private LinearLayer _wide = null!, _narrow = null!;
    private torch.Tensor _firstStage = null!, _thirdStage = null!, _grid = null!, _lowRes = null!;
    private torch.Tensor _query = null!, _key = null!, _value = null!, _windows = null!, _global = null!;

    /// <summary>Draws the tensors.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _reference = Own(new ReferenceProduct(torch.CPU));
        var side = BenchmarkSize.Of(256, 16);
        _firstStage = Random(side * side, 96);
        _thirdStage = Random(side * side / 16, 384);
        (_wide, _narrow) = (Own(new LinearLayer(96, 384)), Own(new LinearLayer(384, 1152)));
        _grid = Random(1, side, side, 96);
        _lowRes = Random(1, BenchmarkSize.Of(3, 1), side, side);
        var (queries, keys) = (BenchmarkSize.Of(4096, 64), BenchmarkSize.Of(28736, 448));
        (_query, _key, _value) = (Random(queries, 256), Random(keys, 256), Random(keys, 64));
        _windows = Random(BenchmarkSize.Of(1024, 4), 1, 64, 96);
        _global = Random(1, 4, queries, 96);
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Cleanup() => _owned.ForEach(owned => owned.Dispose());

    /// <summary>One sg.</summary>
    [Benchmark(Baseline = true)]
    public void Product2048() => _reference.Run();

    /// <summary>The first layer of an MLP in the trunk's first stage: many tokens, few channels.</summary>
    [Benchmark]
    public void LinearFirstStage() => Run(() => _wide.call(_firstStage));

    /// <summary>Queries, keys and values in its third stage: fewer tokens, more channels.</summary>
    [Benchmark]
    public void LinearThirdStage() => Run(() => _narrow.call(_thirdStage));

    /// <summary>Attention of a frame's tokens to a full memory bank, whose values are narrower than its keys.</summary>
    [Benchmark]
    public void AttentionToMemories() => Run(() => BlockwiseAttention.Attend(_query, _key, _value));

    /// <summary>Attention within the windows of the first stage.</summary>
    [Benchmark]
    public void AttentionInWindows() => Run(() => scaled_dot_product_attention(_windows, _windows, _windows));

    /// <summary>Attention over the whole picture, in four heads.</summary>
    [Benchmark]
    public void AttentionGlobal() => Run(() => scaled_dot_product_attention(_global, _global, _global));

    /// <summary>Tokens into windows and back.</summary>
    [Benchmark]
    public void WindowPartitionAndBack() => Run(() =>
    {
        var side = _grid.shape[1];
        return WindowPartition.Unpartition(WindowPartition.Partition(_grid, 8), side, side);
    });

    /// <summary>Three masks from the decoder's resolution to logits at the model's.</summary>
    [Benchmark]
    public void UpsampleLogits() => Run(() => MaskResize.Logits(_lowRes, 4 * _lowRes.shape[2], 4 * _lowRes.shape[3]));

    /// <summary>The same to binary masks at a picture's size.</summary>
    [Benchmark]
    public void UpsampleToBinary() => Run(() => MaskResize.Binary(_lowRes, BenchmarkSize.Of(1080, 60), BenchmarkSize.Of(1920, 80), threshold: 0));

    private static void Run(Func<torch.Tensor> compute)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        compute();
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    private torch.Tensor Random(params long[] shape) => Own(torch.randn(shape));
}
