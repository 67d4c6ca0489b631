using NUnit.Framework;

namespace Sam2.Torch.Data.Tests;

/// <summary>What readers say of data sets that are broken on purpose.</summary>
internal static class Refusals
{
    /// <summary>Reading ends in the one kind of exception, whose message has these parts.</summary>
    public static void AreNamed<T>(Func<T> read, params string[] parts)
    {
        var error = Assert.Throws<DatasetException>(() => read());
        foreach (string part in parts)
        {
            Assert.That(error!.Message, Does.Contain(part));
        }
    }
}
