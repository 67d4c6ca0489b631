using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>The packages, as someone who has only them meets them.</summary>
[Category("Slow")]
public partial class PackageTests
{
    // A version that no cache knows.
    private readonly string _version = $"0.0.0-test.{Guid.NewGuid():N}";
    private TemporaryFolder _folder = null!;

    private string Packages => _folder.At("packages");

    [OneTimeSetUp]
    public void Pack()
    {
        _folder = new TemporaryFolder();
        // The libraries are those that this test was built with.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name.StartsWith("debug", StringComparison.OrdinalIgnoreCase) ? "Debug" : "Release";
        foreach (var library in new[] { "Sam2.Torch", "Sam2.Torch.Data", "Sam2.Torch.Evaluation", "Sam2.Torch.Training" })
            Dotnet("pack", RepositoryFiles.At("src", library), "--no-build", "-c", configuration, "-o", Packages, $"-p:MinVerVersionOverride={_version}", $"-p:Version={_version}");
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("Sam2.Torch", "TorchSharp")]
    [TestCase("Sam2.Torch.Data", "Sam2.Torch")]
    [TestCase("Sam2.Torch.Evaluation", "Sam2.Torch.Data")]
    [TestCase("Sam2.Torch.Training", "Sam2.Torch.Evaluation")]
    public void A_package_has_what_its_users_need(string library, string dependency)
    {
        using var package = Open($"{library}.{_version}.nupkg");
        Assert.That(package.Entries.Select(entry => entry.FullName), Is.SupersetOf(
            new[] { $"lib/net10.0/{library}.dll", $"lib/net10.0/{library}.xml", "README.md", "NOTICE" }));
        using var stream = package.GetEntry($"{library}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string? Value(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        Assert.That((Value("version"), Value("license"), Value("readme")), Is.EqualTo((_version, "Apache-2.0", "README.md")));
        Assert.That(Value("description"), Is.Not.Empty.And.Not.EqualTo("Package Description"));
        var dependencies = metadata.Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        Assert.That(dependencies, Contains.Key(dependency));
        Assert.That(dependencies.Where(pair => pair.Key.StartsWith("Sam2", StringComparison.Ordinal)).Select(pair => pair.Value), Is.All.EqualTo(_version));
        Assert.That(dependencies.Keys, Has.None.StartsWith("libtorch"), "the program chooses libtorch");

        using var symbols = Open($"{library}.{_version}.snupkg");
        Assert.That(symbols.Entries.Select(entry => entry.FullName), Contains.Item($"lib/net10.0/{library}.pdb"));
    }

    [Test]
    public void The_example_of_the_readme_runs_in_a_project_that_has_only_the_package()
    {
        var project = Directory.CreateDirectory(_folder.At("Example")).FullName;
        File.WriteAllText(Path.Combine(project, "Example.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1603</WarningsNotAsErrors>
                <CreateSymbolicLinksForCopyLocalIfPossible>{!OperatingSystem.IsWindows()}</CreateSymbolicLinksForCopyLocalIfPossible>
                <!-- This machine's packages are used where they lie; only those under test are unpacked, and into this test's folder. -->
                <RestoreAdditionalProjectSources>{Packages}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{_folder.At("cache")}</RestorePackagesPath>
                <RestoreFallbackFolders>{GlobalPackages()}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Sam2.Torch" Version="[{_version}]" />
                <PackageReference Include="libtorch-cpu-{RuntimeInformation.RuntimeIdentifier}" Version="[{Libtorch()}]" />
              </ItemGroup>
            </Project>
            """);
        var output = Directory.CreateDirectory(_folder.At("out")).FullName.Replace('\\', '/');
        Assert.That(CommandLine.Run("draw", output + "/scene.png").ExitCode, Is.Zero);
        var example = Example().Match(File.ReadAllText(RepositoryFiles.At("README.md"))).Groups[1].Value
            .Replace("\"weights/", $"\"{RepositoryFiles.At("weights").Replace('\\', '/')}/", StringComparison.Ordinal)
            .Replace("\"out/", $"\"{output}/", StringComparison.Ordinal);
        Assert.That(example, Does.Contain("overlay.png"), "README.md has an example");
        File.WriteAllText(Path.Combine(project, "Program.cs"), example);

        Dotnet("build", project, "-c", "Release", "-o", Path.Combine(project, "run"));
        Dotnet("exec", Path.Combine(project, "run", "Example.dll"));
        Assert.That(output + "/overlay.png", Does.Exist);
    }

    private ZipArchive Open(string name) => ZipFile.OpenRead(Path.Combine(Packages, name));

    private static string Dotnet(params string[] arguments)
    {
        var run = Script.Run("dotnet", arguments);
        Assert.That(run.ExitCode, Is.Zero, $"dotnet {string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Output;
    }

    private static string GlobalPackages() => Dotnet("nuget", "locals", "global-packages", "--list").Trim()["global-packages: ".Length..];

    /// <summary>The version of libtorch that the repository is built with.</summary>
    private static string Libtorch() => XDocument.Load(RepositoryFiles.At("Directory.Packages.props")).Descendants("PackageVersion")
        .Single(package => package.Attribute("Include")!.Value == "libtorch-cpu-linux-x64").Attribute("Version")!.Value.Trim('[', ']');

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
