using System.Numerics;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Values that training scripts leave beside the weights: read as plain ones, byte by byte as Python writes them.</summary>
public class PythonValuesTests
{
    private static readonly (string Code, string Order, byte[] Bytes, object Value)[] Numbers =
    [
        ("f8", "<", BitConverter.GetBytes(0.1), 0.1), ("f4", "<", BitConverter.GetBytes(0.1f), (double)0.1f), ("f2", "<", BitConverter.GetBytes((Half)1.5), 1.5),
        ("i8", "<", BitConverter.GetBytes(-3L), -3L), ("i4", "<", BitConverter.GetBytes(70_000), 70_000L), ("i1", "|", [0xFE], -2L), ("u1", "|", [0xFE], 254L),
        ("u8", "<", [0, 0, 0, 0, 0, 0, 0, 0x80], BigInteger.Pow(2, 63)), ("b1", "|", [1], true), ("i4", ">", [0, 1, 0x11, 0x70], 70_000L), ("f8", ">", [.. Enumerable.Reverse(BitConverter.GetBytes(0.1))], 0.1),
        ("U2", "<", [(byte)'a', 0, 0, 0, 0x42, 0x30, 0, 0], "a\u3042"),
    ];

    [Test]
    public void Numbers_of_NumPy_are_plain_numbers([Values("numpy.core.multiarray", "numpy._core.multiarray")] string module)
    {
        foreach (var (code, order, bytes, value) in Numbers)
        {
            Assert.That(Read(p => Scalar(p, module, code, order, bytes)), Is.EqualTo(value), $"{order}{code}");
        }
    }

    [Test]
    public void A_namespace_and_a_default_dictionary_are_dictionaries()
    {
        var made = (PlainDictionary)Read(p => p.Global("argparse", "Namespace").Op(')').Op(0x81).Op('}').Text("lr").Integer(3).Op('s').Text("name").Text("x").Op('s').Op('b'))!;
        Assert.That(made, Is.EqualTo(new Dictionary<object, object?> { ["lr"] = 3L, ["name"] = "x" }));
        foreach (var (module, factory) in new[]
                 {
                     ("__builtin__", "list"), ("builtins", "dict"), ("collections", "OrderedDict"), ("argparse", "Namespace"),
                     // int and str in the pickles that torch.save makes.
                     ("__builtin__", "long"), ("__builtin__", "unicode"),
                 })
        {
            made = (PlainDictionary)Read(p => p.Global("collections", "defaultdict").Global(module, factory).Op(0x85).Op('R').Text("a").Integer(1).Op('s'))!;
            Assert.That(made, Is.EqualTo(new Dictionary<object, object?> { ["a"] = 1L }), factory);
        }
    }

    [Test]
    public void Nothing_else_is_made_by_the_same_means()
    {
        foreach (var (value, message) in new (Action<PickleBuilder>, string)[]
        {
            (p => Scalar(p, "numpy.core.multiarray", "f8", "<", [1, 2]), "no plain counterpart"),
            (p => Scalar(p, "numpy.core.multiarray", "M8", "<", new byte[8]), "no plain counterpart"),
            (p => Scalar(p, "numpy.core.multiarray", "O8", "|", new byte[8]), "no plain counterpart"),
            (p => p.Global("numpy.core.multiarray", "scalar").Op('(').Text("f8").Text("x").Op('t').Op('R'), "unexpected arguments"),
            (p => p.Global("numpy", "dtype").Op('(').Text("f8").Op('t').Op('R'), "unexpected arguments"),
            (p => p.Global("argparse", "Namespace").Op('(').Text("x").Op('t').Op(0x81), "no part of a model"),
            (p => p.Global("argparse", "Namespace").Op(')').Op('R'), "unexpected arguments"),
            (p => p.Global("collections", "OrderedDict").Op(')').Op(0x81), "no part of a model"),
            (p => p.Global("collections", "defaultdict").Text("list").Op(0x85).Op('R'), "unexpected arguments"),
            (p => p.Global("builtins", "list").Op(')').Op('R'), "a list of Python's, which is not read"),
            (p => p.Global("__builtin__", "set").Op(']').Op(0x85).Op('R'), "a set of Python's, which is not read"),
            (p => p.Text("list").Op(')').Op('R'), "not a function"),
            (p => p.Global("builtins", "list"), "global"),
            (p => p.Global("builtins", "eval"), "builtins.eval"),
            (p => p.Global("__main__", "Namespace").Op(')').Op(0x81), "__main__.Namespace"),
        })
        {
            Assert.That(() => Read(value), Throws.TypeOf<CheckpointException>().With.Message.Contains(message));
        }
    }

    private static void Scalar(PickleBuilder pickle, string module, string code, string order, byte[] bytes) => pickle
        .Global(module, "scalar")
        .Global("numpy", "dtype").Op('(').Text(code).Op(0x89).Op(0x88).Op('t').Op('R')
        .Op('(').Integer(3).Text(order).Op('N').Op('N').Op('N').Integer(-1).Integer(-1).Integer(0).Op('t').Op('b')
        .Op('C', [(byte)bytes.Length, .. bytes]).Op(0x86).Op('R');

    private static object? Read(Action<PickleBuilder> value)
    {
        using var checkpoint = Checkpoint.Open(PickleBuilder.Zip(PickleBuilder.Beside(value)));
        return checkpoint.Entries["y"];
    }
}
