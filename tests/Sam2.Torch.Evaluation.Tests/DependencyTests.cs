using System.Reflection;
using NUnit.Framework;
using Sam2.Torch.Evaluation.Protocols;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>Which part of the library may know which: metrics, then protocols, then reports, then runs over data sets.</summary>
public class DependencyTests
{
    [TestCase("Metrics", "Protocols", "Charts", "Reports", "Runs")]
    [TestCase("Protocols", "Charts", "Reports", "Runs")]
    [TestCase("Charts", "Metrics", "Protocols", "Reports", "Runs")]
    [TestCase("Reports", "Runs")]
    public void Types_mention_only_parts_before_their_own(string part, params string[] later)
    {
        var types = typeof(IVideoProtocol).Assembly.GetTypes().Where(type => type.Namespace == $"Sam2.Torch.Evaluation.{part}").ToList();
        Assert.That(types, Is.Not.Empty);
        var mentioned = types.SelectMany(Mentioned).SelectMany(Parts).Where(type => later.Any(l => type.Namespace == $"Sam2.Torch.Evaluation.{l}"));
        Assert.That(mentioned.Select(type => type.FullName).Distinct(), Is.Empty);
    }

    /// <summary>The types of fields, parameters, results and local variables.</summary>
    private static IEnumerable<Type> Mentioned(Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var methods = type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).ToList();
        return type.GetInterfaces()
            .Concat(type.GetFields(All).Select(field => field.FieldType))
            .Concat(methods.SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType))
            .Concat(methods.OfType<MethodInfo>().Select(method => method.ReturnType))
            .Concat(methods.SelectMany(method => method.GetMethodBody()?.LocalVariables ?? []).Select(variable => variable.LocalType))
            .Append(type.BaseType ?? typeof(object));
    }

    /// <summary>A type and what it is made of: elements and type arguments.</summary>
    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.GetGenericArguments().SelectMany(Parts).Prepend(type);
}
