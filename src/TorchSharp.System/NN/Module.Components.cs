using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Enumeration and the state dict.
        public partial class Module
        {
            /// <summary>The direct submodules by name.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            /// <summary>The direct submodules.</summary>
            public virtual IEnumerable<Module> children() => named_children().Select(child => child.module);

            /// <summary>All submodules by path.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach ((string name, Module module) child in _internal_submodules) yield return child;
                foreach ((string prefix, Module child) in _internal_submodules)
                    foreach ((string name, Module module) in child.named_modules())
                        yield return ($"{prefix}.{name}", module);
            }

            /// <summary>All submodules.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            /// <summary>The parameters by path, each once.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint> { 0 };
                foreach ((string name, Parameter parameter) entry in _internal_params)
                    if (seen.Add(entry.parameter.handle)) yield return entry;
                if (!recurse) yield break;
                foreach ((string prefix, Module child) in _internal_submodules)
                    foreach ((string name, Parameter parameter) in child.named_parameters(true))
                        if (seen.Add(parameter.handle)) yield return ($"{prefix}.{name}", parameter);
            }

            /// <summary>The parameters, each once.</summary>
            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>The persistent buffers by path, each once. As in TorchSharp, the others are never listed.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<nint> { 0 };
                foreach ((string name, (Tensor buffer, bool persistent)) in _internal_buffers)
                    if (persistent && seen.Add(buffer.handle)) yield return (name, buffer);
                if (!recurse) yield break;
                foreach ((string prefix, Module child) in _internal_submodules)
                    foreach ((string name, Tensor buffer) in child.named_buffers(true, include_nonpersistent))
                        if (seen.Add(buffer.handle)) yield return ($"{prefix}.{name}", buffer);
            }

            /// <summary>The persistent buffers, each once.</summary>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            /// <summary>The parameter of a path; null where there is none.</summary>
            public virtual Parameter? get_parameter(string target) =>
                _internal_params.TryGetValue(target, out Parameter? parameter) ? parameter : ChildOf(target, out string rest)?.get_parameter(rest);

            /// <summary>The buffer of a path; null where there is none.</summary>
            public virtual Tensor? get_buffer(string target) =>
                _internal_buffers.TryGetValue(target, out (Tensor tensor, bool) buffer) ? buffer.tensor : ChildOf(target, out string rest)?.get_buffer(rest);

            /// <summary>Whether there is a parameter of the path.</summary>
            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            /// <summary>Whether there is a buffer of the path.</summary>
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            private Module? ChildOf(string path, out string rest)
            {
                int dot = path.IndexOf('.');
                rest = dot < 0 ? "" : path[(dot + 1)..];
                return dot >= 0 && _internal_submodules.TryGetValue(path[..dot], out Module? child) ? child : null;
            }

            /// <summary>The parameters and persistent buffers by path: the tensors themselves, not copies.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                string Key(string name) => string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";
                foreach ((string name, Parameter parameter) in named_parameters()) destination.TryAdd(Key(name), parameter);
                foreach ((string name, Tensor buffer) in named_buffers(include_nonpersistent: false)) destination.TryAdd(Key(name), buffer);
                foreach ((string name, Module child) in _internal_submodules) child.state_dict(destination, Key(name));
                return destination;
            }

            /// <summary>
            /// Copies values into the parameters and buffers of their names. Where <paramref name="strict"/>, throws
            /// <see cref="InvalidOperationException"/> unless the names are the same.
            /// </summary>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                skip ??= [];
                Dictionary<string, Tensor> destination = state_dict();
                List<string> unexpected = source.Keys.Where(key => !skip.Contains(key) && !destination.ContainsKey(key)).ToList();
                List<string> missing = destination.Keys.Where(key => !skip.Contains(key) && !source.ContainsKey(key)).ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                using IDisposable mode = no_grad();
                foreach ((string key, Tensor value) in source)
                    if (!skip.Contains(key) && destination.TryGetValue(key, out Tensor? target)) target.copy_(value);
                return (missing, unexpected);
            }
        }
    }
}
