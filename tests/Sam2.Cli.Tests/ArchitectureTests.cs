using System.Reflection;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace Sam2.Cli.Tests;

/// <summary>Which part of the code may know of which, read from what the compiler made of it.</summary>
public class ArchitectureTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Model = Assembly.Load("Sam2.Torch");

    private static readonly string[] Libraries = ["Sam2.Torch", "Sam2.Torch.Data", "Sam2.Torch.Evaluation", "Sam2.Torch.Training"];

    private static readonly string[] Projects = [.. Libraries, "sam2"];

    [TestCase("Sam2.Torch")]
    [TestCase("Sam2.Torch.Data", "Sam2.Torch")]
    [TestCase("Sam2.Torch.Evaluation", "Sam2.Torch", "Sam2.Torch.Data")]
    [TestCase("Sam2.Torch.Training", "Sam2.Torch", "Sam2.Torch.Data", "Sam2.Torch.Evaluation")]
    [TestCase("sam2", "Sam2.Torch", "Sam2.Torch.Data", "Sam2.Torch.Evaluation", "Sam2.Torch.Training")]
    public void A_project_references_only_those_below_it(string project, params string[] allowed)
    {
        var own = Assembly.Load(project).GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(name => name.StartsWith("Sam2", StringComparison.OrdinalIgnoreCase));
        Assert.That(own, Is.SubsetOf(allowed));
    }

    [Test]
    public void Only_the_command_line_knows_its_parser([ValueSource(nameof(Libraries))] string library) =>
        Assert.That(Assembly.Load(library).GetReferencedAssemblies().Select(reference => reference.Name), Has.None.EqualTo("System.CommandLine"));

    [Test]
    public void Only_tests_see_the_inside_of_a_project([ValueSource(nameof(Projects))] string project)
    {
        var friends = Assembly.Load(project).GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName);
        Assert.That(friends, Is.All.EndsWith(".Tests").Or.EqualTo("TestSupport"));
    }

    [TestCase("Sam2.Torch.Modeling", "Sam2.Torch.Media")]
    [TestCase("Sam2.Torch.Modeling", "Sam2.Torch.Checkpoints")]
    [TestCase("Sam2.Torch.Modeling", "Sam2.Torch.Prediction")]
    [TestCase("Sam2.Torch.Media", "Sam2.Torch.Masks")]
    public void A_part_of_the_library_does_not_know(string part, string other)
    {
        var types = Model.GetTypes().Where(type => IsIn(type.Namespace, part)).ToArray();
        Assert.That(types, Is.Not.Empty, $"{part} has moved; name its new place here");
        var uses = types.SelectMany(type => References(type).Where(used => IsIn(Outermost(used).Namespace, other))
            .Select(used => $"{Outermost(type).Name} uses {used.Name}")).Distinct().Order(StringComparer.Ordinal);
        Assert.That(uses, Is.Empty);
    }

    [Test]
    public void What_a_type_uses_is_found_in_signatures_and_in_code()
    {
        var used = References(typeof(Sample)).Select(type => type.Name).ToHashSet();
        Assert.That(used, Is.SupersetOf(new[] { nameof(IDisposable), nameof(Version), nameof(Uri), nameof(Guid), nameof(TimeSpan), nameof(OperatingSystem) }));
    }

    /// <summary>All types that a type's declaration, its members' signatures and its members' code name.</summary>
    private static HashSet<Type> References(Type type)
    {
        var found = new HashSet<Type>();
        Add(type.BaseType);
        foreach (var implemented in type.GetInterfaces()) Add(implemented);
        foreach (var attribute in type.GetCustomAttributesData()) Add(attribute.AttributeType);
        foreach (var field in type.GetFields(Declared)) Add(field.FieldType);
        foreach (var method in IntermediateCode.Methods(type))
        {
            AddSignature(method);
            if (method.GetMethodBody() is not { } body) continue;
            foreach (var local in body.LocalVariables) Add(local.LocalType);
            foreach (var clause in body.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)) Add(clause.CatchType);
            foreach (var member in IntermediateCode.Members(method)) AddMember(member);
        }
        return found;

        void AddMember(MemberInfo? member)
        {
            if (member is Type named) Add(named);
            if (member is null or Type) return;
            Add(member.DeclaringType);
            if (member is FieldInfo field) Add(field.FieldType);
            if (member is MethodBase method) AddSignature(method);
        }

        void AddSignature(MethodBase method)
        {
            foreach (var parameter in method.GetParameters()) Add(parameter.ParameterType);
            if (method is MethodInfo function) Add(function.ReturnType);
            if (method.IsGenericMethod) foreach (var argument in method.GetGenericArguments()) Add(argument);
        }

        void Add(Type? used)
        {
            if (used is null || used.IsGenericParameter) return;
            if (used.HasElementType) Add(used.GetElementType());
            else if (found.Add(used)) foreach (var argument in used.GetGenericArguments()) Add(argument);
        }
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }

    private static bool IsIn(string? name, string part) => name == part || name?.StartsWith(part + ".", StringComparison.Ordinal) == true;

    private sealed class Sample : IDisposable
    {
        private readonly List<Version> _field = [];

        public Uri[] Property { get; } = [];

        public void Dispose()
        {
            Guid local = default;
            object boxed = local;
            _ = boxed is TimeSpan && OperatingSystem.IsLinux() && _field.Count > 0;
        }
    }
}
