using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

/// <summary>Compares checkpoints byte by byte.</summary>
internal static class SameTensors
{
    /// <summary>Asserts that both have the same names, types, shapes and bytes.</summary>
    public static void Assert(Checkpoint actual, Checkpoint expected)
    {
        NUnit.Framework.Assert.That(actual.StateDict.Keys, Is.EquivalentTo(expected.StateDict.Keys));
        foreach (var (key, entry) in expected.StateDict)
        {
            using var scope = NewDisposeScope();
            var (wanted, got) = (entry.Load().contiguous(), actual.StateDict[key].Load().contiguous());
            NUnit.Framework.Assert.That(got.dtype, Is.EqualTo(wanted.dtype), key);
            NUnit.Framework.Assert.That(got.shape, Is.EqualTo(wanted.shape), key);
            NUnit.Framework.Assert.That(got.bytes.SequenceEqual(wanted.bytes), Is.True, key);
        }
    }
}
