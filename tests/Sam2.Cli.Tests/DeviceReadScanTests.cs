using System.Reflection;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Cli.Tests;

/// <summary>
/// Reading a value of a tensor makes the processor wait until the device has done everything that it was asked before. So nothing that runs for
/// each frame of a video may do so, but for the one copy that brings the masks to the caller. What reads is looked for in the compiled code:
/// TorchSharp's functions that end in a native one that reads, and everything that calls them.
/// </summary>
public partial class DeviceReadScanTests
{
    /// <summary>
    /// Native functions that hand values out, or whose result's shape depends on values. Not seen are indexing with a bool tensor, and moves to
    /// another device, which are mostly uploads; naming the CPU as the target is looked for on its own.
    /// </summary>
    private static readonly string[] NativeReads =
    [
        "THSTensor_data", "THSTensor_data_idx_float16", "THSTensor_data_idx_bfloat16", "THSTensor_item", "THSTensor_cpu", "THSTensor_nonzero",
        "THSTensor_masked_select", "THSTensor_equal", "THSTensor_allclose", "THSTensor_unique", "THSTensor_unique_dim",
        "THSTensor_unique_consecutive", "THSTensor_unique_dim_consecutive", "THSTensor_bincount", "THSTensor_histc", "THSTensor_repeat_interleave",
    ];

    /// <summary>Where values may be read, with the reason; callers of these aren't asked further. A star stands for all methods of a type.</summary>
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["FrameTransfer.Read"] = "the one copy of a frame's masks and scores",
        ["FrameTransfer.ReadAndDispose"] = "on the CPU only (FrameTransfer.Read)",
        ["BlockwiseAttention.*"] = "on the CPU only (RoPEAttention.IsWorthBlocks, OneDnn.IsUsable)",
        ["RandomMask.*"] = "on the CPU only (DropoutLayer.Drop, DropoutLayer.Attend)",
        ["TorchRuntime.*"] = "once, on the CPU, when libtorch is loaded",
        ["ObjectTracker.RefuseNaN"] = "on the CPU only",
        ["MaskResize.CompareRows"] = "on the CPU only (MaskResize.Binary)",
        ["OutputMasks.OfFrame"] = "names the weights that gave NaN, before it throws",
        ["MaskCleanup.SmallComponents"] = "on the CPU, and for areas that nobody fills in videos",
        ["VideoSession.AddMaskOnly"] = "once per new object of VideoMaskGenerator, not per frame",
        ["PromptValidation.Check"] = "of mask logits that a user gives, which prompts of videos don't have",
        ["TensorMemory.From"] = "writes into a new tensor on the CPU",
    };

    /// <summary>What reads for its callers, who are to blame or not.</summary>
    private static readonly string[] Helpers = ["FiniteNumbers.Require", "FiniteNumbers.DescribeWeights"];

    private static readonly Lazy<HashSet<string>> ReadersOfTorchSharp = new(FindReaders);

    private static readonly Lazy<HashSet<string>> ReadersOfModel = new(() => Readers(typeof(Sam2Model).Assembly, beyondAllowed: false));

    /// <summary>What runs for each frame.</summary>
    private static bool RunsPerFrame(Type type) =>
        type.Namespace is "Sam2.Torch.Modeling" or "Sam2.Torch.Tracking"
        || Outermost(type).Name is "VideoSession" or "SessionFrames" or "FeatureCache" or "OutputMasks" or "FrameTransfer" or "FramePreprocessing"
            or "MaskResize" or "DeviceComponents" or "TrackedObject";

    [Test]
    public void Nothing_reads_a_value_back_for_each_frame_of_a_video()
    {
        var found = typeof(Sam2Model).Assembly.GetTypes().Where(RunsPerFrame).SelectMany(IntermediateCode.Methods)
            .Select(NameOf).Where(ReadersOfModel.Value.Contains).Where(name => !IsAllowed(name) && !Helpers.Contains(name)).Distinct().Order(StringComparer.Ordinal);
        Assert.That(found, Is.Empty, "compute it on the device, or, if it doesn't run for each frame, say so in the list");
    }

    [Test]
    public void Nothing_names_the_cpu_as_a_place_for_each_frame()
    {
        var found = typeof(Sam2Model).Assembly.GetTypes().Where(RunsPerFrame).SelectMany(IntermediateCode.Methods).Where(NamesCpu).Select(NameOf);
        Assert.That(found, Is.Empty);
        Assert.That(NamesCpu(typeof(Sample).GetMethod(nameof(Sample.ToCpu))!));
    }

    [Test]
    public void What_may_read_does()
    {
        var readers = Readers(typeof(Sam2Model).Assembly, beyondAllowed: true);
        Assert.That(Allowed.Keys.Where(name => !readers.Any(reader => reader == name || reader.Split('.')[0] + ".*" == name)), Is.Empty, "take it off the list");
    }

    [Test]
    public void A_frame_is_read_at_one_place()
    {
        // Of what runs for each frame on any device, this alone copies to the host, and that once where there is a device.
        Assert.That(ReadersOfModel.Value, Does.Contain("FrameTransfer.Read"));
        var calls = IntermediateCode.Calls(typeof(Sam2Model).Assembly)
            .Where(call => NameOf(call.Caller) == "OutputMasks.OfFrame" && NameOf(call.Called) == "FrameTransfer.Read");
        Assert.That(calls.Count(), Is.EqualTo(1));
    }

    [TestCase("TorchSharp.torch+Tensor.item()")]
    [TestCase("TorchSharp.torch+Tensor.cpu()")]
    [TestCase("TorchSharp.torch+Tensor.get_bytes()")]
    [TestCase("TorchSharp.TensorExtensionMethods.ToSingle(Tensor)")]
    [TestCase("TorchSharp.torch+Tensor.nonzero()")]
    public void What_reads_is_found(string signature) => Assert.That(ReadersOfTorchSharp.Value, Does.Contain(signature));

    [TestCase("TorchSharp.torch+Tensor.op_Multiply(Tensor,Tensor)")]
    [TestCase("TorchSharp.torch+Tensor.argmax(Int64,Boolean)")]
    [TestCase("TorchSharp.torch+Tensor.index(Tensor[])")]
    public void What_reads_nothing_is_not(string signature) => Assert.That(ReadersOfTorchSharp.Value, Does.Not.Contain(signature));

    [TestCase(nameof(Sample.Item))]
    [TestCase(nameof(Sample.InLambda))]
    [TestCase(nameof(Sample.InIterator))]
    [TestCase(nameof(Sample.Indirect))]
    [TestCase(nameof(Sample.AsCondition))]
    [TestCase(nameof(Sample.Rows))]
    public void A_read_in_the_code_is_found(string method) => Assert.That(Readers(typeof(Sample).Assembly, beyondAllowed: false), Does.Contain($"Sample.{method}"));

    [Test]
    public void Code_that_only_computes_is_not() => Assert.That(Readers(typeof(Sample).Assembly, beyondAllowed: false), Does.Not.Contain($"Sample.{nameof(Sample.Computes)}"));

    private static HashSet<string> FindReaders()
    {
        var calls = IntermediateCode.Calls(typeof(torch).Assembly).ToList();
        return Closure(
            calls.Where(call => NativeReads.Contains(call.Called.Name)).Select(call => Signature(call.Called)),
            calls.ToLookup(call => Signature(call.Called), call => Signature(call.Caller)));
    }

    /// <summary>The methods of an assembly that read values, themselves or through others.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="beyondAllowed">Whether those count that do so only through what is allowed to.</param>
    private static HashSet<string> Readers(Assembly assembly, bool beyondAllowed)
    {
        var calls = IntermediateCode.Calls(assembly).ToList();
        return Closure(
            calls.Where(call => ReadersOfTorchSharp.Value.Contains(Signature(call.Called))).Select(call => NameOf(call.Caller)),
            calls.Where(call => call.Called.Module.Assembly == assembly && (beyondAllowed || !IsAllowed(NameOf(call.Called))))
                .ToLookup(call => NameOf(call.Called), call => NameOf(call.Caller)));
    }

    private static bool IsAllowed(string name) => Allowed.ContainsKey(name) || Allowed.ContainsKey(name.Split('.')[0] + ".*");

    private static bool NamesCpu(MethodBase method) =>
        IntermediateCode.Members(method).Any(member => member.DeclaringType == typeof(torch) && member.Name is "CPU" or "get_CPU");

    private static HashSet<string> Closure(IEnumerable<string> start, ILookup<string, string> callers)
    {
        var found = new HashSet<string>();
        var open = new Queue<string>(start);
        while (open.TryDequeue(out var next))
            if (found.Add(next))
                foreach (var caller in callers[next]) open.Enqueue(caller);
        return found;
    }

    private static string Signature(MethodBase method) =>
        $"{method.DeclaringType?.FullName}.{method.Name}({string.Join(',', method.GetParameters().Select(parameter => parameter.ParameterType.Name))})";

    /// <summary>A method by its type and name; what the compiler made of lambdas, local functions and iterators counts as the method that has them.</summary>
    private static string NameOf(MethodBase method)
    {
        var (type, name) = (method.DeclaringType!, method.Name);
        if (Written().Match(name) is { Success: true } inner) name = inner.Groups[1].Value;
        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer)
        {
            if (Written().Match(type.Name) is { Success: true } made) name = made.Groups[1].Value;
            type = outer;
        }

        return $"{type.Name}.{name}";
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }

    [GeneratedRegex("^<([^<>]+)>")]
    private static partial Regex Written();

    /// <summary>Code that reads, in all the ways that the scan has to see through.</summary>
    private static class Sample
    {
        public static float Item(Tensor x) => x.item<float>();

        public static IEnumerable<float> InLambda(Tensor[] all) => all.Select(x => x.ToSingle());

        public static IEnumerable<byte> InIterator(Tensor x)
        {
            for (var i = 0; i < 3; i++) yield return x.bytes[i];
        }

        public static float Indirect(Tensor x) => Item(x) + 1;

        public static bool AsCondition(Tensor x) => (bool)x.any();

        public static Tensor Rows(Tensor x) => x.nonzero();

        public static Tensor ToCpu(Tensor x) => x.to(CPU);

        public static Tensor Computes(Tensor x) => (x * x).index(x.argmax(0));
    }
}
