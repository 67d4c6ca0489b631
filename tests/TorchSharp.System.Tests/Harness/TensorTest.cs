using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Harness;

/// <summary>Runs every test in a dispose scope of its own and from the same random seed.</summary>
[TestFixture]
public abstract class TensorTest
{
    protected static readonly ScalarType[] Real = [ScalarType.Float32, ScalarType.Float64];

    private DisposeScope? _scope;

    [SetUp]
    public void OpenScope()
    {
        _scope = NewDisposeScope();
        manual_seed(20240729);
    }

    [TearDown]
    public void CloseScope() => _scope?.Dispose();
}
