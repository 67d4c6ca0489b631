using TorchSharp;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// A global that a pickle may name: a marker that the machine interprets itself. Nothing is ever looked up or called.
/// </summary>
internal abstract record PickleGlobal
{
    /// <summary>A function or class that the machine imitates.</summary>
    public sealed record Function(PickleFunction Kind) : PickleGlobal;

    /// <summary>A typed storage class such as <c>torch.FloatStorage</c>.</summary>
    public sealed record Storage(torch.ScalarType Type) : PickleGlobal;

    /// <summary>A dtype constant such as <c>torch.float32</c>.</summary>
    public sealed record DType(string Name) : PickleGlobal;

    private static readonly Dictionary<string, PickleGlobal> Allowed = new(StringComparer.Ordinal)
    {
        ["collections OrderedDict"] = new Function(PickleFunction.OrderedDict),
        ["torch._utils _rebuild_tensor"] = new Function(PickleFunction.RebuildTensor),
        ["torch._utils _rebuild_tensor_v2"] = new Function(PickleFunction.RebuildTensor),
        ["torch._utils _rebuild_parameter"] = new Function(PickleFunction.RebuildParameter),
        ["torch._utils _rebuild_parameter_with_state"] = new Function(PickleFunction.RebuildParameter),
        ["torch Size"] = new Function(PickleFunction.Size),
        ["torch device"] = new Function(PickleFunction.Device),
        ["_codecs encode"] = new Function(PickleFunction.EncodeLatin1),
        ["torch FloatStorage"] = new Storage(torch.ScalarType.Float32),
        ["torch DoubleStorage"] = new Storage(torch.ScalarType.Float64),
        ["torch HalfStorage"] = new Storage(torch.ScalarType.Float16),
        ["torch BFloat16Storage"] = new Storage(torch.ScalarType.BFloat16),
        ["torch LongStorage"] = new Storage(torch.ScalarType.Int64),
        ["torch IntStorage"] = new Storage(torch.ScalarType.Int32),
        ["torch ShortStorage"] = new Storage(torch.ScalarType.Int16),
        ["torch CharStorage"] = new Storage(torch.ScalarType.Int8),
        ["torch ByteStorage"] = new Storage(torch.ScalarType.Byte),
        ["torch BoolStorage"] = new Storage(torch.ScalarType.Bool),
        ["torch float32"] = new DType("torch.float32"),
        ["torch float64"] = new DType("torch.float64"),
        ["torch float16"] = new DType("torch.float16"),
        ["torch bfloat16"] = new DType("torch.bfloat16"),
        ["torch int64"] = new DType("torch.int64"),
        ["torch int32"] = new DType("torch.int32"),
        ["torch int16"] = new DType("torch.int16"),
        ["torch int8"] = new DType("torch.int8"),
        ["torch uint8"] = new DType("torch.uint8"),
        ["torch bool"] = new DType("torch.bool"),
    };

    /// <summary>The marker of an allowed global, else null.</summary>
    public static PickleGlobal? Find(string module, string name) => Allowed.GetValueOrDefault($"{module} {name}");
}
