using NUnit.Framework;

namespace TestSupport;

/// <summary>Tests that get an empty folder each.</summary>
public abstract class FolderTests
{
    /// <summary>The folder of the test that runs.</summary>
    protected TemporaryFolder Folder { get; private set; } = null!;

    /// <summary>Creates it, before the set-up of the derived class.</summary>
    [SetUp]
    public void CreateFolder() => Folder = new TemporaryFolder();

    /// <summary>Deletes it, after the clean-up of the derived class.</summary>
    [TearDown]
    public void DeleteFolder() => Folder.Dispose();
}
