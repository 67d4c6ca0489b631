using System.Reflection;

namespace TorchSharp.Utils
{
    /// <summary>The state-dict name of a module's field, where it differs from the field's own.</summary>
    [AttributeUsage(AttributeTargets.Field)]
    public class ComponentNameAttribute : Attribute
    {
        /// <summary>The name.</summary>
        public string Name { get; set; } = null!;
    }
}

namespace TorchSharp
{
    /// <summary>Names of module components.</summary>
    public static class FieldInfoExtensionMethods
    {
        /// <summary>The state-dict name of a field: that of its <see cref="Utils.ComponentNameAttribute"/>, or its own.</summary>
        public static string ComponentName(this FieldInfo field) =>
            field.GetCustomAttribute<Utils.ComponentNameAttribute>()?.Name ?? field.Name;
    }
}
