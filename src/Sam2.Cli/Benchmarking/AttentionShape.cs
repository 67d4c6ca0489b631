using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Sam2.Cli.Benchmarking;

/// <summary>An attention that the model computes often.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Title">Where in the model it occurs.</param>
/// <param name="Query"><c>[B, heads, queries, C]</c>.</param>
/// <param name="Keys">The number of keys and values per head.</param>
public sealed record AttentionShape(string Name, string Title, long[] Query, long Keys)
{
    /// <summary>Shapes of SAM 2.1 tiny at 1024×1024 pixels.</summary>
    public static IReadOnlyList<AttentionShape> All { get; } =
    [
        new("attention_memory", "attention, 4096 on 28736 tokens", [1, 1, 4096, 256], 28736),
        new("attention_windows", "attention, 64 windows of 196", [64, 1, 196, 96], 196),
        new("attention_global", "attention, 4096 tokens, 4 heads", [1, 4, 4096, 96], 4096),
    ];

    /// <summary>The attention on random numbers.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">The type to compute in.</param>
    /// <param name="tensors">Receives the tensors to dispose of when the workload is no longer needed.</param>
    public Workload Create(torch.Device device, torch.ScalarType precision, ICollection<IDisposable> tensors)
    {
        var query = torch.randn(Query, dtype: precision, device: device);
        var key = torch.randn([Query[0], Query[1], Keys, Query[3]], dtype: precision, device: device);
        var value = torch.randn([Query[0], Query[1], Keys, Query[3]], dtype: precision, device: device);
        tensors.Add(query);
        tensors.Add(key);
        tensors.Add(value);
        return new Workload(Name, Title, () =>
        {
            using var inference = torch.inference_mode();
            using var result = scaled_dot_product_attention(query, key, value);
            DeviceClock.Wait(device);
        });
    }
}
