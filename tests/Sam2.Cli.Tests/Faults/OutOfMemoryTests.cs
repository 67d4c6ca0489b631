using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Faults;

/// <summary>What a user reads where a tensor operation gets no memory.</summary>
public class OutOfMemoryTests
{
    // What libtorch and the runtime throw, which is what the command has to understand.
#pragma warning disable CA2201
    [Test]
    public void An_operation_without_memory_is_one_line_that_says_how_much_was_needed()
    {
        var error = Assert.Catch<Exception>(ModuleCalls.RunOutOfMemory)!;
        Assert.That(ErrorLine.Of(error), Is.EqualTo("out of memory: 1125899907 MB more were needed at once. Use a smaller model, smaller pictures, or fewer objects at a time"));
    }

    // What libtorch says on a GPU, shortened.
    [TestCase("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB", "20.00 MiB")]
    [TestCase("MPS backend out of memory. Tried to allocate 1.50 GB on private pool.", "1.50 GB")]
    public void A_GPU_without_memory_is_said_in_the_same_way(string message, string size) =>
        Assert.That(ErrorLine.Of(new System.Runtime.InteropServices.ExternalException(message)), Does.StartWith($"out of memory: {size} more").And.Not.Contain("GPU 0"));

    [Test]
    public void Memory_of_the_runtime_is_said_in_the_same_way() =>
        Assert.That(ErrorLine.Of(new OutOfMemoryException()), Does.StartWith("out of memory. Use a smaller model"));
}
