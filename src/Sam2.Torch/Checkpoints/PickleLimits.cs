using Sam2.Torch.Configuration;
using TorchSharp;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// How much memory a pickle may cost. A checkpoint of SAM 2 large with its optimizer needs some 10,000 objects, 40,000 memo
/// slots and two levels of nesting; these limits leave room for files a hundred times as large and keep a hostile one below 64 MB.
/// </summary>
internal sealed class PickleLimits(ByteSource source)
{
    public const int MaxDepth = 64;
    public const int MaxMemo = 1 << 19;
    public const int MaxStack = 1 << 19;
    public const int MaxIntegerBytes = 256;
    public const long MaxExpandedNodes = 10_000_000;
    private const long MaxBytes = 16 << 20;

    private long _bytes;

    /// <summary>Adds an object of about this many bytes to the account.</summary>
    public void Charge(long bytes)
    {
        _bytes += bytes;
        if (_bytes > MaxBytes)
            throw source.Bad($"its plain values and tensor descriptions need more than {MaxBytes >> 20} MB", CheckpointRemedy.Resave);
    }

    /// <summary>
    /// Checks the value of a complete pickle, so that code that walks it needs no checks of its own: refuses cycles, deep
    /// nesting, and shared parts that would unfold to an enormous tree.
    /// </summary>
    /// <exception cref="CheckpointException">The value is refused.</exception>
    public static void CheckTree(ByteSource source, object? root) => new Visit(source).Value(root, depth: 0);

    private readonly struct Visit(ByteSource source)
    {
        // Height and unfolded size of every finished container; null while it is being visited.
        private readonly Dictionary<object, (int Height, long Nodes)?> _seen = new(ReferenceEqualityComparer.Instance);

        public (int Height, long Nodes) Value(object? value, int depth)
        {
            if (value is StorageReference or PickleGlobal and not PickleGlobal.Class)
                throw source.Bad("a value of its pickle is not a plain value", CheckpointRemedy.Resave);
            if (value is not (PlainList or PlainDictionary or PickledObject))
                return (0, 1);
            if (_seen.TryGetValue(value, out var known))
                return known ?? throw source.Bad("a value of its pickle contains itself", CheckpointRemedy.Resave);
            if (depth >= MaxDepth)
                throw TooLarge();

            _seen[value] = null;
            int height = 0;
            long nodes = 1;
            foreach (var child in Children(value))
            {
                var (childHeight, childNodes) = Value(child, depth + 1);
                height = Math.Max(height, childHeight + 1);
                nodes += childNodes;
                if (depth + height > MaxDepth || nodes > MaxExpandedNodes)
                    throw TooLarge();
            }
            _seen[value] = (height, nodes);
            return (height, nodes);
        }

        private static IEnumerable<object?> Children(object value) => value switch
        {
            PlainDictionary dictionary => dictionary.Values,
            PickledObject pickled => [pickled.Arguments, pickled.State],
            _ => (PlainList)value,
        };

        private CheckpointException TooLarge() =>
            source.Bad($"its values nest deeper than {MaxDepth} levels or unfold to more than {MaxExpandedNodes} values", CheckpointRemedy.Resave);
    }
}

/// <summary>
/// A global that a pickle may name: a marker that <see cref="PickleMachine"/> interprets. Nothing is ever looked up or called.
/// </summary>
internal abstract record PickleGlobal
{
    /// <summary>A function or class that the machine imitates.</summary>
    public sealed record Function(PickleFunction Kind) : PickleGlobal;

    /// <summary>A typed storage class such as <c>torch.FloatStorage</c>.</summary>
    public sealed record Storage(torch.ScalarType Type) : PickleGlobal;

    /// <summary>A dtype constant such as <c>torch.float32</c>.</summary>
    public sealed record DType(string Name) : PickleGlobal;

    /// <summary>A class or function of a module that was pickled as a whole. Only its name is kept.</summary>
    public sealed record Class(string Name) : PickleGlobal;

    /// <summary>Packages whose modules are models of this family, or parts of them.</summary>
    private static readonly string[] ModelPackages = ["torch.nn", "ultralytics", "sam2", "training"];

    /// <summary>What else the attributes of such modules are made of.</summary>
    private static readonly HashSet<string> InModels = new(StringComparer.Ordinal)
    {
        "builtins set", "__builtin__ set", "functools partial", "pathlib PosixPath", "pathlib WindowsPath", "pathlib._local PosixPath", "pathlib._local WindowsPath", "torch._C._nn gelu",
    };

    private static readonly string[] PlainTypes = ["list", "dict", "int", "long", "float", "str", "unicode", "bool", "set", "tuple"];

    /// <summary>A type of Python's own such as <c>list</c>, which a <c>defaultdict</c> names as what it makes; it is never called.</summary>
    public sealed record PlainType(string Name) : PickleGlobal;

    /// <summary>A NumPy type such as <c>f8</c>.</summary>
    public sealed record NumpyType(string Code) : PickleGlobal
    {
        /// <summary><c>&lt;</c>, <c>&gt;</c>, or <c>|</c> where there is only one byte.</summary>
        public string Order { get; set; } = "|";
    }

    private static readonly Dictionary<string, PickleGlobal> Allowed = new(StringComparer.Ordinal)
    {
        ["collections OrderedDict"] = new Function(PickleFunction.OrderedDict),
        ["torch._utils _rebuild_tensor"] = new Function(PickleFunction.RebuildTensor),
        ["torch._utils _rebuild_tensor_v2"] = new Function(PickleFunction.RebuildTensor),
        ["torch._utils _rebuild_parameter"] = new Function(PickleFunction.RebuildParameter),
        ["torch._utils _rebuild_parameter_with_state"] = new Function(PickleFunction.RebuildParameter),
        ["torch Size"] = new Function(PickleFunction.Size),
        ["torch device"] = new Function(PickleFunction.Device),
        ["collections defaultdict"] = new Function(PickleFunction.DefaultDict),
        ["argparse Namespace"] = new Function(PickleFunction.Namespace),
        ["numpy dtype"] = new Function(PickleFunction.NumpyType),
        ["numpy.core.multiarray scalar"] = new Function(PickleFunction.NumpyScalar),
        ["numpy._core.multiarray scalar"] = new Function(PickleFunction.NumpyScalar),
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
    /// <param name="module">The Python module.</param>
    /// <param name="name">The name in it.</param>
    /// <param name="inModel">Whether the pickle has named the class of a model before.</param>
    public static PickleGlobal? Find(string module, string name, bool inModel)
    {
        var key = $"{module} {name}";
        if (Allowed.TryGetValue(key, out var global))
            return global;
        if (inModel && key == "torch ComplexFloatStorage")
            return new Storage(torch.ScalarType.ComplexFloat32);
        var ofModel = name.Length > 0 && ModelPackages.Any(package => module == package || module.StartsWith(package + ".", StringComparison.Ordinal));
        if (ofModel || (inModel && InModels.Contains(key)))
            return new Class($"{module}.{name}");
        return module is "builtins" or "__builtin__" && PlainTypes.Contains(name) ? new PlainType(name) : null;
    }
}

/// <summary>What a pickle may "call".</summary>
internal enum PickleFunction
{
    /// <summary><c>collections.OrderedDict</c>.</summary>
    OrderedDict,

    /// <summary><c>torch._utils._rebuild_tensor</c> and <c>_rebuild_tensor_v2</c>.</summary>
    RebuildTensor,

    /// <summary><c>torch._utils._rebuild_parameter</c>, with or without state.</summary>
    RebuildParameter,

    /// <summary><c>torch.Size</c>: a tuple.</summary>
    Size,

    /// <summary><c>torch.device</c>: kept as its name, such as <c>cuda:0</c>.</summary>
    Device,

    /// <summary><c>_codecs.encode(text, "latin1")</c>: how pickle protocol 2 writes bytes.</summary>
    EncodeLatin1,

    /// <summary><c>collections.defaultdict</c>: a dictionary.</summary>
    DefaultDict,

    /// <summary><c>argparse.Namespace</c>: a dictionary of its attributes.</summary>
    Namespace,

    /// <summary><c>numpy.dtype</c>, the type of what follows.</summary>
    NumpyType,

    /// <summary><c>numpy.core.multiarray.scalar</c>: a plain number or text.</summary>
    NumpyScalar,
}
