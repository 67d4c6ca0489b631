using NUnit.Framework;
using Sam2.Torch.Modeling;

namespace TestSupport;

/// <summary>Tests that share the model whose weights come with the project.</summary>
public abstract class ShippedModelTests
{
    /// <summary>The model, in evaluation mode.</summary>
    protected Sam2Model Model { get; private set; } = null!;

    /// <summary>Loads it once, before the set-up of the derived class.</summary>
    [OneTimeSetUp]
    public void LoadModel() => Model = TestModels.Shipped();

    /// <summary>Frees it.</summary>
    [OneTimeTearDown]
    public void FreeModel() => Model.Dispose();
}
