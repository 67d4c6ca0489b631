using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;

namespace Sam2.Cli.Output;

/// <summary>How many parameters each component of the model has, in the order in which data passes through them.</summary>
internal static class ComponentSizes
{
    private static readonly (string Component, string[] Prefixes)[] Components =
    [
        ("Hiera trunk", ["image_encoder.trunk."]),
        ("FPN neck", ["image_encoder.neck."]),
        ("memory attention", ["memory_attention."]),
        ("prompt encoder", ["sam_prompt_encoder."]),
        ("mask decoder", ["sam_mask_decoder."]),
        ("memory encoder", ["memory_encoder.", "mask_downsample."]),
        ("object pointers", ["obj_ptr_", "no_obj_ptr"]),
    ];

    /// <summary>The random frequencies of the prompts' position encoding are a buffer: stored, but never trained.</summary>
    private const string Buffer = "positional_encoding_gaussian_matrix";

    /// <summary>Counts elements per component; components without any are left out, what belongs to none comes last.</summary>
    /// <param name="stateDict">Tensors by state-dict key.</param>
    public static IReadOnlyList<(string Component, long Parameters)> Of(IReadOnlyDictionary<string, TensorEntry> stateDict)
    {
        var counts = new long[Components.Length + 1];
        foreach (var (key, tensor) in stateDict)
        {
            if (!key.EndsWith(Buffer, StringComparison.Ordinal))
            {
                var index = Array.FindIndex(Components, c => c.Prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)));
                counts[index < 0 ? Components.Length : index] += tensor.ElementCount;
            }
        }

        return [.. Components.Select(c => c.Component).Append("other embeddings").Zip(counts).Where(c => c.Second > 0)];
    }

    /// <summary>The element types of the tensors, most frequent first.</summary>
    /// <param name="stateDict">Tensors by state-dict key.</param>
    public static IReadOnlyList<TorchSharp.torch.ScalarType> Types(IReadOnlyDictionary<string, TensorEntry> stateDict) =>
        [.. stateDict.Values.GroupBy(tensor => tensor.ScalarType).OrderByDescending(group => group.Sum(t => t.ElementCount)).Select(group => group.Key)];
}
